"""Broken and hostile pictures, and odd but honest ones."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

NOISE = Image.fromarray(np.random.default_rng(7).integers(0, 256, (96, 128, 3), dtype=np.uint8))


def saved(kind: str, image: Image.Image = NOISE, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, kind: int = 2, rest: bytes = b"\0\0\0") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBB", width, height, depth, kind) + rest)
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND", b"")


def idat(size: int, *, byte: bytes = b"\0") -> bytes:
    return chunk(b"IDAT", zlib.compress(byte * size, 9))


def riff(*parts: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in parts
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def vp8x(width: int, height: int, flags: int = 0) -> tuple[bytes, bytes]:
    return b"VP8X", bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def jpeg_segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def sized_jpeg(width: int, height: int) -> bytes:
    data = bytearray(saved("JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def tiff(*entries: tuple[int, int, int, int], offset: int = 8, next_: int = 0) -> bytes:
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", offset) + directory + struct.pack("<I", next_)


def resized_tiff(width: int, height: int) -> bytes:
    return tiff(
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
        (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 0xFFFFFFF0),
    )  # fmt: skip


def frames_webp(edge: int = 16_384, frames: int = 10_000) -> bytes:
    """Frames of one pixel each, by default on a canvas at the format's limit."""
    frame = saved("WEBP", Image.new("RGB", (1, 1)), lossless=True)[12:]
    return riff(vp8x(edge, edge, 2), (b"ANIM", bytes(6)), *([(b"ANMF", bytes(16) + frame)] * frames))


def pages_tiff() -> bytes:
    """Twenty thousand pages of 2x2 pixels that share one strip."""
    entries = (
        (256, 4, 1, 2), (257, 4, 1, 2), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 0),
        (277, 3, 1, 1), (278, 4, 1, 2), (279, 4, 1, 4),
    )  # fmt: skip
    page = len(tiff(*entries)) - 8
    return tiff(*entries, next_=8 + page) + b"".join(
        tiff(*entries, next_=8 + page * (number + 1) if number < 20_000 else 0)[8:] for number in range(1, 20_001)
    )


def bmp(width: int, height: int, *, depth: int = 24, compression: int = 0, size: int = 40) -> bytes:
    head = struct.pack("<IiiHHIIiiII", size, width, height, 1, depth, compression, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 64, 0, 0, 54) + head + bytes(64)


HEIC_START = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
HUGE_TEXT = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9))
HUGE_PROFILE = chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(200_000_000), 9))
CORRUPT_JPEG = bytes(
    byte ^ (0x5A if 900 < at < 4000 and at % 7 == 0 and byte not in (0xFF, 0) else 0)
    for at, byte in enumerate(saved("JPEG"))
)

#: Each must be refused by inspect or decode.
REFUSED: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "one byte": lambda: b"\x89",
    "zeros": lambda: bytes(5000),
    "random": lambda: np.random.default_rng(1).bytes(5000),
    "html": lambda: b"<!DOCTYPE html><html><body>404</body></html>",
    "svg": lambda: b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "pdf": lambda: b"%PDF-1.7\n" + saved("PNG"),
    "zip": lambda: b"PK\x03\x04" + bytes(100),
    "base64": lambda: b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
    "netpbm, which only we write": lambda: b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n\0\0\0",
    "video": lambda: b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(100),
    "bigtiff": lambda: b"II+\0\x08\0\0\0" + bytes(100),
    "png: a gif inside": lambda: b"\x89PNG\r\n\x1a\n" + saved("GIF"),
    "png: 50,000 x 50,000 in 1 KB": lambda: png(50_000, 50_000, idat(900_000)),
    "png: 2 billion wide": lambda: png(2**31 - 1, 1, idat(900)),
    "png: no width": lambda: png(0, 10, idat(900)),
    "png: no height": lambda: png(10, 0, idat(900)),
    "png: depth 3": lambda: png(10, 10, idat(900), depth=3),
    "png: colour kind 5": lambda: png(10, 10, idat(900), kind=5),
    "png: unknown interlace": lambda: png(10, 10, idat(900), rest=b"\0\0\7"),
    "png: no pixels": lambda: png(10, 10),
    "png: too few pixels": lambda: png(100, 100, idat(900)),
    "png: palette without one": lambda: png(10, 10, idat(110), kind=3),
    "png: not deflate": lambda: png(10, 10, chunk(b"IDAT", b"not deflate at all")),
    "png: unknown filter": lambda: png(10, 10, idat(310, byte=b"\x09")),
    "png: a chunk of 2 GB": lambda: png(10, 10, struct.pack(">I", 2**31 - 1) + b"tEXt" + bytes(50)),
    "png: 30,000 chunks": lambda: png(10, 10, chunk(b"tEXt", b"a\0b") * 30_000, idat(310)),
    "png: wrong checksum of the header": lambda: saved("PNG")[:29] + b"oops" + saved("PNG")[33:],
    "png: wrong checksum of pixels": lambda: saved("PNG").replace(saved("PNG")[-16:-12], b"oops"),
    "png: flipped byte in the pixels": lambda: saved("PNG")[:9000] + b"\x55\xaa" + saved("PNG")[9002:],
    "png: random after the magic": lambda: b"\x89PNG\r\n\x1a\n" + np.random.default_rng(2).bytes(5000),
    "png: header alone": lambda: saved("PNG")[:33],
    "jpeg: magic alone": lambda: b"\xff\xd8\xff",
    "jpeg: random after the magic": lambda: b"\xff\xd8\xff\xe0" + np.random.default_rng(3).bytes(5000),
    "jpeg: 65,000 x 65,000": lambda: sized_jpeg(65_000, 65_000),
    "jpeg: no height": lambda: sized_jpeg(128, 0),
    "jpeg: twice as high as its data": lambda: sized_jpeg(128, 1920),
    "jpeg: 30,000 comments": lambda: b"\xff\xd8" + jpeg_segment(0xFE, b"x") * 30_000 + saved("JPEG")[2:],
    "jpeg: a megabyte of padding": lambda: b"\xff\xd8" + b"\xff" * 1_000_000 + saved("JPEG")[2:],
    "jpeg: segment of no length": lambda: b"\xff\xd8\xff\xe0\0\0" + saved("JPEG")[20:],
    "jpeg: 12 bits": lambda: saved("JPEG").replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),
    "jpeg: arithmetic": lambda: saved("JPEG").replace(b"\xff\xc0\0\x11", b"\xff\xc9\0\x11"),
    "jpeg: five channels": lambda: saved("JPEG").replace(b"\x08\0\x60\0\x80\3", b"\x08\0\x60\0\x80\5"),
    "jpeg: cut off and closed again": lambda: saved("JPEG")[: len(saved("JPEG")) // 2] + b"\xff\xd9",
    "jpeg: garbled scan": lambda: CORRUPT_JPEG,
    "jpeg: 10,000 scans": lambda: saved("JPEG")[:-2] + jpeg_segment(0xDA, b"\1\1\0\0\x3f\0") * 10_000 + b"\xff\xd9",
    "webp: magic alone": lambda: b"RIFF\x04\0\0\0WEBP",
    "webp: random after the magic": lambda: b"RIFF\x88\x13\0\0WEBPVP8 " + np.random.default_rng(4).bytes(5000),
    "webp: lossless garbage": lambda: riff((b"VP8L", b"\x2f" + np.random.default_rng(5).bytes(500))),
    "webp: 10,000 frames": frames_webp,
    "webp: canvas of 16 million": lambda: riff(vp8x(2**24, 2**24), (b"VP8 ", bytes(100))),
    "webp: canvas that no frame has": lambda: riff(vp8x(3000, 3000), (b"VP8L", saved("WEBP", lossless=True)[20:])),
    "webp: canvas without a frame": lambda: riff(vp8x(300, 300), (b"XMP ", bytes(100))),
    "webp: longer than itself": lambda: b"RIFF\xff\xff\xff\x7f" + saved("WEBP")[8:],
    "gif: magic alone": lambda: b"GIF89a",
    "gif: 65,535 x 65,535": lambda: b"GIF89a\xff\xff\xff\xff" + saved("GIF")[10:],
    "gif: no width": lambda: b"GIF89a\0\0\1\0" + saved("GIF")[10:],
    "gif: comments without end": lambda: saved("GIF")[:781] + b"\x21\xfe" + b"\x01a" * 500_000,
    "gif: random after the magic": lambda: b"GIF89a\x10\0\x10\0\0\0\0" + np.random.default_rng(6).bytes(500),
    "tiff: magic alone": lambda: b"II*\0",
    "tiff: random after the magic": lambda: b"MM\0*\0\0\0\x08" + np.random.default_rng(8).bytes(5000),
    "tiff: a directory that is its own next": lambda: tiff((256, 4, 1, 10), (257, 4, 1, 10), next_=8),
    "tiff: a directory that is its own data": lambda: tiff((256, 4, 9, 8), (257, 4, 9, 8), (330, 4, 1, 8)),
    "tiff: directory past the end": lambda: tiff((256, 4, 1, 10), offset=4_000_000_000),
    "tiff: 100,000 x 100,000": lambda: resized_tiff(100_000, 100_000),
    "tiff: 6,000 x 6,000 without data": lambda: resized_tiff(6000, 6000),
    "tiff: no size": lambda: resized_tiff(0, 0),
    "tiff: 60,000 entries": lambda: b"II*\0\x08\0\0\0" + struct.pack("<H", 60_000) + bytes(720_000),
    "bmp: header alone": lambda: saved("BMP")[:20],
    "bmp: 2 billion high": lambda: bmp(1, -(2**31)),
    "bmp: 40,000 x 40,000": lambda: bmp(40_000, 40_000),
    "bmp: 6,000 x 6,000 without data": lambda: bmp(6000, 6000),
    "bmp: negative width": lambda: bmp(-5, 5),
    "bmp: depth 5": lambda: bmp(5, 5, depth=5),
    "bmp: unknown compression": lambda: bmp(5, 5, compression=77),
    "avif: magic alone": lambda: b"\0\0\0\x18ftypavif\0\0\0\0avifmif1",
    "avif: random after the magic": lambda: saved("AVIF")[:40] + np.random.default_rng(9).bytes(500),
    "avif: 60,000 x 60,000": lambda: saved("AVIF").replace(
        b"ispe\0\0\0\0" + struct.pack(">II", 128, 96), b"ispe\0\0\0\0" + struct.pack(">II", 60_000, 60_000)
    ),
    "heic: magic alone": lambda: HEIC_START,
    "heic: random after the magic": lambda: HEIC_START + np.random.default_rng(10).bytes(500),
    "heic: avif pixels": lambda: saved("AVIF").replace(b"avif", b"heic"),
}  # fmt: skip

#: Odd but honest: these must be read, within the same memory.
ACCEPTED: dict[str, Callable[[], bytes]] = {
    "png: 200 MB of packed text": lambda: png(10, 10, HUGE_TEXT, idat(310)),
    "png: 200 MB of packed profile": lambda: png(10, 10, HUGE_PROFILE, idat(310)),
    "png: 2,000 texts": lambda: png(10, 10, chunk(b"tEXt", b"a\0b") * 2_000, idat(310)),
    "png: html behind it": lambda: png(10, 10, idat(310)) + b"<html><script>alert(1)</script></html>",
    "png: exif that is not": lambda: png(10, 10, chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff"), idat(310)),
    "png: orientation 9": lambda: png(10, 10, chunk(b"eXIf", tiff((0x0112, 3, 1, 9))), idat(310)),
    "jpeg: a zip behind it": lambda: saved("JPEG") + b"PK\x03\x04" + bytes(500),
    "jpeg: html in a comment": lambda: b"\xff\xd8" + jpeg_segment(0xFE, b"<html><script>") + saved("JPEG")[2:],
    "jpeg: huge exif": lambda: b"\xff\xd8"
    + jpeg_segment(0xE1, b"Exif\0\0" + tiff((0x0112, 3, 1, 1), (0x9286, 7, 2**31, 8)) + bytes(60_000)) * 20
    + saved("JPEG")[2:],
    "jpeg: exif of 60,000 entries": lambda: b"\xff\xd8"
    + jpeg_segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 60_000) + bytes(60_000))
    + saved("JPEG")[2:],
    "jpeg: stray bytes between segments": lambda: saved("JPEG")[:-2] + b"\0\0\0\0\xff\xd9",
    "jpeg: padded markers": lambda: b"\xff\xd8" + b"\xff" * 100 + saved("JPEG")[2:],
    "webp: 300,000 frames": lambda: frames_webp(16, 300_000),
    "tiff: 20,000 pages": pages_tiff,
    "png: 900 texts that unpack to 7 MB each": lambda: png(
        10, 10, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(7_000_000), 9)) * 900, idat(310)
    ),
    "gif: 100,000 frames": lambda: saved("GIF")[:-1]
    + (b"\x2c" + bytes(4) + b"\1\0\1\0\0" + b"\2\2\x44\1\0") * 100_000
    + b";",
    "gif: bytes behind it": lambda: saved("GIF") + bytes(1000),
}  # fmt: skip
