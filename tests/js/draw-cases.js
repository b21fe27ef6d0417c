// Draws the cases of a folder (NAME.json, NAME.safetensors) with the engine, for tests/export/test_program.py: a line of
// JSON for each, the largest difference from what PyTorch drew; where there is a critic, from its logits.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Engine } from "../../assets/engine/engine.js";
import { Judge } from "../../assets/engine/judge.js";
import { kernel } from "../../assets/engine/kernel.js";
import { Network } from "../../assets/engine/network.js";
import { Arena } from "../../assets/engine/values.js";
import { readWeights } from "../../assets/engine/weights.js";

const [folder, plain] = process.argv.slice(2);
const engine = await Engine.make(plain === "plain");
const bytes = (letter) => letter.charCodeAt(0);
for (const file of (await readdir(folder)).filter((name) => name.endsWith(".json"))) {
  const { program, classes, ...told } = JSON.parse(await readFile(join(folder, file), "utf8"));
  const { buffer, byteOffset, byteLength } = await readFile(join(folder, file.replace(".json", ".safetensors")));
  const weights = /** @type {ArrayBuffer} */ (buffer.slice(byteOffset, byteOffset + byteLength));
  const [made, expected] = told.reading ? await read() : program.critic ? await judged() : drawn();
  const far = made.length === expected.length ? made.map((value, k) => Math.abs(value - expected[k])) : [999];
  console.log(JSON.stringify({ name: file.replace(".json", ""), difference: Math.max(...far) }));

  function drawn() {
    engine.load(program, weights);
    return [
      [...engine.draw(new Float32Array(told.z), classes ?? undefined, told.shifted, told.styles).pixels],
      told.pixels,
    ];
  }

  /** The logits of x. */
  async function judged() {
    const arena = new Arena(await kernel(plain === "plain"));
    const network = new Network(arena, program.critic, readWeights(weights).tensors);
    const [, c, h, w] = program.critic.inputs.x.shape;
    const n = told.x.length / c / h / w;
    const inputs = { x: arena.hold([n, c, h, w], told.x), ...(classes && { y: arena.hold([n], classes) }) };
    const logits = arena.plain(network.run(inputs, n));
    return [[...arena.f.subarray(logits.at, logits.at + n)], told.logits];
  }

  /** What D and EvalNet say of pixels: those of one program, and D again beside the classifier that came before. */
  async function read() {
    const judge = await Judge.make(plain === "plain");
    const numbers = ({ d, p, classes: shares }) => [...d, ...p, ...shares.flat()];
    const pixels = Uint8Array.from(told.pixels);
    judge.load(program, weights);
    const together = numbers(judge.read(pixels));
    const [first, second] = told.apart.map((one) => [one.program, Uint8Array.from(atob(one.weights), bytes).buffer]);
    for (const [part, buffer] of [first, second, second]) judge.load(part, buffer);
    return [
      [...together, ...numbers(judge.read(pixels))],
      [...numbers(told.reading), ...numbers(told.reading)],
    ];
  }
}
