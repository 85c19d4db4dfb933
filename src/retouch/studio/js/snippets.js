// The edit as code that works when pasted: the key comes from the environment, the files from the current folder.

const shell = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const quoted = (text) => JSON.stringify(text);

/** A file's name as curl's -F reads it: some characters would end it. */
function formFile(name) {
  return /[;,"\\]/.test(name) ? `"${name.replace(/[\\"]/g, "\\$&")}"` : name;
}

const ending = (edit) => ({ jpeg: "jpg", webp: "webp" })[edit.fields.output_format] ?? "png";

/** `edit` is {base, fields, images: [name], mask: name or null}; `fields` are those that are not left to the model. */
export function curl({ base, fields, images, mask }) {
  const lines = [
    `curl --fail-with-body ${base}/v1/images/edits \\`,
    `  -H "Authorization: Bearer $RETOUCH_API_KEY" \\`,
    ...images.map((name) => `  -F ${shell(`image[]=@${formFile(name)}`)} \\`),
    ...(mask ? [`  -F ${shell(`mask=@${formFile(mask)}`)} \\`] : []),
    ...Object.entries(fields).map(([name, value]) => `  --form-string ${shell(`${name}=${value}`)} \\`),
    "  --form-string 'response_format=url' \\",
    "  -o answer.json || cat answer.json",
    "",
    "# Save every image that the answer links to",
    `grep -o '"url":"[^"]*"' answer.json | cut -d'"' -f4 | xargs -n 1 curl -sS -O`,
  ];
  return `${lines.join("\n")}\n`;
}

export function python(edit) {
  const { base, fields, images, mask } = edit;
  const { n, output_compression: compression, resolution, aspect_ratio: shape, ...texts } = fields;
  const extra = Object.entries({ resolution, aspect_ratio: shape }).filter(([, value]) => value); // not in the SDK's words
  const files = images.map((name) => `open(${quoted(name)}, "rb")`);
  const lines = [
    "import base64",
    "import os",
    "",
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url="${base}/v1", api_key=os.environ["RETOUCH_API_KEY"])`,
    "answer = client.images.edit(",
    `    image=${files.length > 1 ? `[${files.join(", ")}]` : files[0]},`,
    ...(mask ? [`    mask=open(${quoted(mask)}, "rb"),`] : []),
    ...Object.entries(texts).map(([name, value]) => `    ${name}=${quoted(value)},`),
    ...(n ? [`    n=${n},`] : []),
    ...(compression ? [`    output_compression=${compression},`] : []),
    ...(extra.length ? [`    extra_body={${extra.map(([name, value]) => `${quoted(name)}: ${quoted(value)}`).join(", ")}},`] : []),
    '    response_format="b64_json",',
    ")",
    "for number, image in enumerate(answer.data, 1):",
    `    with open(f"edited-{number}.${ending(edit)}", "wb") as file:`,
    "        file.write(base64.b64decode(image.b64_json))",
  ];
  return `${lines.join("\n")}\n`;
}

export function javascript(edit) {
  const { base, fields, images, mask } = edit;
  const lines = [
    "// Node.js 20 or later, saved as edit.mjs",
    'import { openAsBlob } from "node:fs";',
    'import { writeFile } from "node:fs/promises";',
    "",
    "const form = new FormData();",
    ...images.map((name) => `form.append("image[]", await openAsBlob(${quoted(name)}), ${quoted(name)});`),
    ...(mask ? [`form.append("mask", await openAsBlob(${quoted(mask)}), ${quoted(mask)});`] : []),
    ...Object.entries(fields).map(([name, value]) => `form.append(${quoted(name)}, ${quoted(value)});`),
    'form.append("response_format", "b64_json");',
    "",
    `const answer = await fetch("${base}/v1/images/edits", {`,
    '  method: "POST",',
    "  headers: { Authorization: `Bearer ${process.env.RETOUCH_API_KEY}` },",
    "  body: form,",
    "});",
    "const body = await answer.json();",
    "if (!answer.ok) throw new Error(body.message);",
    "for (const [index, image] of body.data.entries()) {",
    `  await writeFile(\`edited-\${index + 1}.${ending(edit)}\`, Buffer.from(image.b64_json, "base64"));`,
    "}",
  ];
  return `${lines.join("\n")}\n`;
}
