// Latent vectors: draws, turns and texts for links.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as latent from "../../assets/base/latent.js";

const close = (a, b, within = 1e-6) => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);
const length = (z) => Math.hypot(...z);

test("a draw is N(0, 1), the same for a seed, and begins a longer one", () => {
  const [z] = latent.drawVectors(7, 1, 20_000);
  const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
  const variance = z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / z.length;
  close(mean, 0, 0.03);
  close(variance, 1, 0.05);
  assert.deepEqual(latent.drawVectors(7, 2, 4), latent.drawVectors(7, 3, 4).slice(0, 2));
  assert.notDeepEqual(latent.drawVectors(7, 1, 4), latent.drawVectors(8, 1, 4));
});

test("a z comes back from its text, in thousandths", () => {
  const [z] = latent.drawVectors(3, 1, 50).map(latent.rounded);
  const text = latent.toText(z);
  assert.match(text, /^[\w-]+$/);
  const back = latent.fromText(text, 50);
  z.forEach((value, i) => close(back[i], value));
});

test("a text of another length, out of bounds or of nothing is no z", () => {
  const text = latent.toText(Float32Array.of(1, 2, 3));
  assert.equal(latent.fromText(text, 4), null);
  assert.equal(latent.fromText(latent.toText(Float32Array.of(25)), 1), null);
  for (const wrong of [null, "", "%%%", "a"]) assert.equal(latent.fromText(wrong, 3), null);
});

test("a turn goes from one to the other and keeps the length", () => {
  const [a, b] = [Float64Array.of(3, 0), Float64Array.of(0, 3)];
  assert.deepEqual([...latent.slerp(a, b, 0)], [3, 0]);
  close(length(latent.slerp(a, b, 0.3)), 3);
  close(latent.angleOf(a, latent.slerp(a, b, 0.25)), Math.PI / 8);
  const straight = latent.slerp(a, Float64Array.of(6, 0), 0.5); // no one turn joins them
  assert.deepEqual([...straight], [4.5, 0]);
});

test("a path through keys has all frames; a closed one does not tell its beginning twice", () => {
  const keys = [Float64Array.of(1, 0), Float64Array.of(0, 1)];
  const open = latent.path(keys, 5, false);
  assert.equal(open.length, 5);
  close(open[4][1], 1);
  const closed = latent.path(keys, 4, true);
  close(closed[2][1], 1);
  close(latent.angleOf(closed[3], keys[0]), Math.PI / 4);
});

test("a walk begins at z and goes on at its speed", () => {
  const [z] = latent.drawVectors(1, 1, 64);
  const walk = latent.walk(z, () => 0.1, latent.normals(2));
  assert.deepEqual(walk.next().value, Float32Array.from(z));
  close(latent.angleOf(z, walk.next().value), 0.1, 0.05);
});

test("a neighbour at 0 is z, at 1 the noise; what is pinned stays", () => {
  const [z, noise] = latent.drawVectors(5, 2, 8);
  assert.deepEqual(latent.neighbour(z, noise, 0, new Set()), z);
  const far = latent.neighbour(z, noise, 1, new Set([2]));
  assert.equal(far[2], z[2]);
  close(far[3], noise[3], 1e-6);
});

test("vectors are packed one after the other", () => {
  assert.deepEqual([...latent.pack([Float32Array.of(1, 2), Float32Array.of(3, 4)])], [1, 2, 3, 4]);
});

test("a net spans the first two numbers from the top left", () => {
  const net = latent.net(Float32Array.of(9, 9, 5), 3, 2);
  assert.deepEqual([...net[0]], [-2, 2, 5]);
  assert.deepEqual([...net[8]], [2, -2, 5]);
});

test("what is behind z walks and turns nowhere: it stays, or goes straight", () => {
  const [a, b] = [Float32Array.of(3, 0, 1), Float32Array.of(0, 3, 2)];
  const [x, y, w] = latent.slerp(a, b, 0.5, 2);
  close(Math.hypot(x, y), 3, 1e-5);
  close(w, 1.5);
  const strides = latent.walk(a, () => 1, latent.normals(1), 2);
  for (let k = 0; k < 4; k++) assert.equal(strides.next().value[2], 1);
  const near = latent.neighbour(a, Float32Array.of(1, 1), 1, new Set());
  assert.equal(near[2], 1);
  assert.equal(latent.path([a, b], 3, false, 2)[1][2], 1.5);
});
