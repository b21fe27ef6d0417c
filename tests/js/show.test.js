// The projector mode without a browser: what a key does, and where a move through time ends.

import assert from "node:assert/strict";
import { test } from "node:test";

import { KEYS, deed, moved } from "../../assets/show/keys.js";

test("every key has one deed, and a browser keeps its own keys", () => {
  const keys = KEYS.flatMap(([names]) => names);
  assert.equal(new Set(keys).size, keys.length);
  assert.deepEqual(
    [" ", "S", "g", "PageDown", "7", "?", "x"].map((key) => deed({ key })),
    ["play", "both", "g", "far-on", "chart 7", "help", ""],
  );
  assert.equal(deed({ key: "f", ctrlKey: true }), "");
});

test("a move through time stays inside the run, and its end is now", () => {
  assert.equal(moved(null, 40, "back"), 38);
  assert.equal(moved(38, 40, "on"), null);
  assert.equal(moved(null, 40, "far-back"), 35);
  assert.equal(moved(2, 40, "far-back"), 0);
  assert.equal(moved(20, 40, "first"), 0);
  assert.equal(moved(3, 40, "last"), null);
  assert.equal(moved(null, 1, "back"), null);
});
