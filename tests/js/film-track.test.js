// The track of a film: where its pins lie, and the vector at each place.
import assert from "node:assert/strict";
import { test } from "node:test";
import { along, legsOf } from "../../assets/explore/film-track.js";

const [right, up, left] = [Float32Array.of(1, 0), Float32Array.of(0, 1), Float32Array.of(-1, 0)];
const near = (one, other) => one.every((value, k) => Math.abs(value - other[k]) < 1e-6);

test("pins lie as far apart as the turns between them", () => {
  const { starts, whole } = legsOf([right, up, left]);
  assert.ok(near(starts, [0, 0.25, 0.5]));
  assert.ok(Math.abs(whole - 2 * Math.PI) < 1e-6);
});

test("at a pin's place is the pin, and at the end the first one again", () => {
  const legs = legsOf([right, up]);
  assert.ok(near(along(legs, 0), right) && near(along(legs, 0.5), up) && near(along(legs, 1), right));
  assert.ok(near(along(legs, 0.25), [Math.SQRT1_2, Math.SQRT1_2]));
});

test("two pins alike have a place of their own, and what is behind z goes straight", () => {
  assert.ok(legsOf([right, right]).starts[1] === 0.5);
  const [a, b] = [Float32Array.of(1, 0, 4), Float32Array.of(0, 1, 8)];
  assert.ok(near(along(legsOf([a, b], 2), 0.25, 2), [Math.SQRT1_2, Math.SQRT1_2, 6]));
});
