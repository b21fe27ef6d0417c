// Builds assets/engine/multiply.js from multiply.wat beside it: `node tools/build-wasm.js`; needs wabt of package.json.
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const FOLDER = new URL("../assets/engine/", import.meta.url);

/** The bytes of multiply.wat. */
export async function built() {
  const { default: wabt } = await import("wabt");
  const text = await readFile(new URL("multiply.wat", FOLDER), "utf8");
  const module = (await wabt()).parseWat("multiply.wat", text, { simd: true });
  return module.toBinary({}).buffer;
}

/** The text of multiply.js. */
export async function script() {
  const text = Buffer.from(await built()).toString("base64");
  return `// Built from multiply.wat by tools/build-wasm.js; a test compares them.\nexport const MULTIPLY =\n  "${text}";\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await writeFile(new URL("multiply.js", FOLDER), await script());
