// Numbers as people read and type them, and the ticks of an inversion.
import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, number, percent } from "../../assets/base/dom.js";
import { toText } from "../../assets/base/latent.js";
import { noise } from "../../assets/compare/same-noise.js";
import { inversion } from "../../assets/draw/inversion.js";
import { parse } from "../../assets/explore/z-bars.js";

test("numbers, shares and durations", () => {
  assert.deepEqual([number(12345.678, 2), number(null), number(NaN), percent(0.126)], ["12,345.68", "–", "–", "13 %"]);
  assert.deepEqual([42, 200, 180, 7500].map(duration), ["42 s", "3 min 20 s", "3 min", "2 h 5 min"]);
});

test("a typed z: numbers, the z of a link, a whole link", () => {
  const z = Float32Array.of(1, -2.5, 0.25);
  const text = toText(z);
  for (const typed of ["1 -2.5 .25", "[1, -2.5; 0.25]", text, `http://x/explore?run=a&z=${text}&psi=1`]) {
    assert.deepEqual(parse(typed, 3).z, z);
  }
});

test("what is wrong with a typed z is said", () => {
  assert.match(parse("1 two 3", 3).why, /“two” is not a number/);
  assert.match(parse("1 2", 3).why, /z has 3 numbers; these are 2/);
  assert.match(parse("1 2 30", 3).why, /between −20 and 20/);
});

test("noise begins alike at any length", () => {
  const [long, short] = [noise(5, 3, 20), noise(5, 3, 4)];
  assert.deepEqual(
    long.map((z) => z.slice(0, 4)),
    short,
  );
  assert.equal(new Set(noise(5, 4, 8).map(String)).size, 4);
});

test("a tick of an inversion is split into its answers", async () => {
  const base64 = (array) => Buffer.from(array.buffer).toString("base64");
  const tick = { step: 3, steps: 9, errors: [0.1, 0.2], last: true };
  const body = { z: base64(Float32Array.of(1, 2, 3, 4)), pixels: base64(Uint8Array.of(5, 6)) };
  globalThis.fetch = async () => new Response(`${JSON.stringify({ ...tick, ...body })}\n`);
  const { value: told } = await inversion("/api/x", { body: "" }).next();
  assert.deepEqual(
    [told.z.map((z) => [...z]), told.pixels.map((one) => [...one])],
    [
      [
        [1, 2],
        [3, 4],
      ],
      [[5], [6]],
    ],
  );
  assert.deepEqual([told.step, told.last], [3, true]);
});
