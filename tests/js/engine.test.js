// The engine of the page: its inner loops, what it refuses, and that the built bytes are those of their source. That it
// draws what PyTorch draws is tested by tests/export/test_program.py.
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Engine } from "../../assets/engine/engine.js";
import { kernel } from "../../assets/engine/kernel.js";
import { BadProgram } from "../../assets/engine/network.js";
import { BadWeights, crc32, readWeights } from "../../assets/engine/weights.js";
import { script } from "../../tools/build-wasm.js";

test("multiply.js is built from multiply.wat as it is now", async () => {
  const there = await readFile(new URL("../../assets/engine/multiply.js", import.meta.url), "utf8");
  assert.equal(there, await script(), "run: node tools/build-wasm.js");
});

test("the loops in WebAssembly and those in JavaScript give the same", async () => {
  const [fast, plain] = [await kernel(), await kernel(true)];
  assert.ok(fast.simd && !plain.simd);
  for (const [width, height, channels] of [
    [7, 3, 8],
    [3, 2, 11],
    [4, 1, 16],
    [1, 1, 1],
  ]) {
    const [taps, segments] = [5, 2];
    const found = [fast, plain].map((loops) => {
      loops.grow(20000);
      const f = loops.numbers();
      f.fill(0);
      for (let k = 32; k < 6000; k++) f[k] = Math.sin(k);
      const line = 4 * (width + 6) * 2;
      const args = [128, 8, line, line, 4096, segments, taps, 12000, 0.25, 40000, 4 * channels];
      loops.multiply(...args, 4 * width * channels, width, height, channels);
      return f.slice(10000, 10000 + width * height * channels + 8);
    });
    found[0].forEach((value, k) => assert.ok(Math.abs(value - found[1][k]) < 1e-5, `${width} ${channels} ${k}`));
    assert.ok(
      found[0].subarray(width * height * channels).every((value) => value === 0),
      "writes past its end",
    );
  }
});

/** A file of weights. @param {Record<string, [number[], number[]]>} tensors shape and 16-bit numbers, as integers */
function file(tensors, texts = {}) {
  /** @type {any} */
  const entries = {};
  const data = [];
  for (const [name, [shape, bits]] of Object.entries(tensors)) {
    entries[name] = { dtype: "F16", shape, data_offsets: [2 * data.length, 2 * (data.length + bits.length)] };
    data.push(...bits);
  }
  const bytes = new Uint8Array(new Uint16Array(data).buffer);
  entries.__metadata__ = { step: "3", crc32: String(crc32(bytes)), ...texts };
  const header = new TextEncoder().encode(JSON.stringify(entries));
  const whole = new Uint8Array(8 + header.length + bytes.length);
  new DataView(whole.buffer).setBigUint64(0, BigInt(header.length), true);
  whole.set(header, 8);
  whole.set(bytes, 8 + header.length);
  return whole.buffer;
}

/** @type {Record<string, [number[], number[]]>} */
const LINEAR = {
  "fc.weight": [
    [2, 2],
    [0x3c00, 0, 0, 0x3800],
  ],
}; // 1 0, 0 0.5
const PART = { inputs: { w: { shape: [-1, 2] } }, weights: { "fc.weight": [2, 2] }, constants: {} };
const PROGRAM = {
  version: 1,
  mapping: {
    inputs: { z: { shape: [-1, 2] } },
    weights: {},
    constants: {},
    operations: [],
    output: "z",
    shape: [-1, 2],
  },
  synthesis: {
    ...PART,
    operations: [
      { op: "linear", in: ["w", "fc.weight"], out: "v0", shape: [-1, 2] },
      { op: "reshape", in: ["v0"], out: "v1", shape: [-1, 1, 1, 2] },
    ],
    output: "v1",
    shape: [-1, 1, 1, 2],
  },
};

test("numbers of 16 bits are what they are", () => {
  const bits = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000, 0x3555, 0x7c00];
  const { values } = readWeights(file({ a: [[7], bits] })).tensors.get("a");
  assert.deepEqual([...values].slice(0, 5), [1, -2, 2 ** -24, 65504, -0]);
  assert.ok(Math.abs(values[5] - 1 / 3) < 1e-4);
  assert.equal(values[6], Infinity);
});

test("a generator draws, more pictures than fit in one go too, and says of which step it is", async () => {
  const engine = await Engine.make();
  engine.load(PROGRAM, file(LINEAR));
  const drawn = engine.draw(new Float32Array(80).fill(0.5));
  assert.deepEqual([drawn.n, drawn.h, drawn.w, drawn.c, drawn.step], [40, 1, 2, 1, 3]);
  assert.deepEqual([...drawn.pixels.slice(78)], [191, 159]);
});

test("damaged weights are refused with a sentence, and nothing is drawn with what was there before", async () => {
  const engine = await Engine.make();
  engine.load(PROGRAM, file(LINEAR));
  const flipped = new Uint8Array(file(LINEAR));
  flipped[flipped.length - 1] ^= 64;
  const longer = file({ "fc.weight": [[2, 9], LINEAR["fc.weight"][1]] });
  for (const [bytes, sentence] of [
    [flipped.buffer, /checksum does not hold\.$/],
    [file(LINEAR).slice(0, -2), /checksum does not hold\.$/],
    [new ArrayBuffer(4), /too short\.$/],
    [new ArrayBuffer(400), /no header\.$/],
    [new TextEncoder().encode("GIF89a, which is no file of weights at all").buffer, /no header\.$/],
    [longer, /not as many as their header says\.$/],
    [file({ other: LINEAR["fc.weight"] }), /do not fit the program: fc\.weight/],
  ]) {
    assert.throws(
      () => engine.load(PROGRAM, /** @type {ArrayBuffer} */ (bytes)),
      (error) => {
        return error instanceof BadWeights && /** @type {RegExp} */ (sentence).test(error.message);
      },
    );
    assert.throws(() => engine.draw(new Float32Array(2)));
  }
});

test("an operation that is not there, and another version, are named", async () => {
  const engine = await Engine.make();
  const other = structuredClone(PROGRAM);
  other.synthesis.operations[1].op = "cumsum";
  assert.throws(() => engine.load(other, file(LINEAR)), new BadProgram("This page has no operation cumsum."));
  assert.throws(() => engine.load({ ...PROGRAM, version: 2 }, file(LINEAR)), BadProgram);
});
