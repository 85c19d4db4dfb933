// A PNG written row by row: no canvas as large as the photo is needed, which phones do not have.

const CRC = new Uint32Array(256).map((_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte;
});

function crc(...parts) {
  let value = 0xffffffff;
  for (const part of parts) {
    for (let at = 0; at < part.length; at++) value = CRC[(value ^ part[at]) & 255] ^ (value >>> 8);
  }
  return (value ^ 0xffffffff) >>> 0;
}

function chunk(name, data) {
  const type = new TextEncoder().encode(name);
  const head = new DataView(new ArrayBuffer(4));
  head.setUint32(0, data.length);
  const tail = new DataView(new ArrayBuffer(4));
  tail.setUint32(0, crc(type, data));
  return [new Uint8Array(head.buffer), type, data, new Uint8Array(tail.buffer)];
}

/** How a pixel is laid out (RFC 2083, 4.1.1): colour type and bytes a pixel. */
export const GREY_ALPHA = { type: 4, bytes: 2 };
export const RGBA = { type: 6, bytes: 4 };

/** `row(y)` gives the bytes of row y; it may hand out the same array each time. */
export async function encodePng(width, height, layout, row) {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, layout.type);
  const packer = new CompressionStream("deflate");
  const writer = packer.writable.getWriter();
  const packed = new Response(packer.readable).arrayBuffer();
  const length = width * layout.bytes;
  let previous = new Uint8Array(length);
  for (let from = 0; from < height; from += 64) {
    const rows = Math.min(64, height - from);
    const block = new Uint8Array(rows * (length + 1));
    for (let y = 0; y < rows; y++) {
      const bytes = row(from + y);
      const at = y * (length + 1);
      block[at] = 2; // each byte less the one above: quick, and photos pack well
      for (let x = 0; x < length; x++) block[at + 1 + x] = bytes[x] - previous[x];
      previous.set(bytes);
    }
    await writer.write(block);
  }
  await writer.close();
  return new Blob(
    [
      new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]),
      ...chunk("IHDR", new Uint8Array(header.buffer)),
      ...chunk("IDAT", new Uint8Array(await packed)),
      ...chunk("IEND", new Uint8Array(0)),
    ],
    { type: "image/png" },
  );
}
