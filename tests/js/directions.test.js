// Directions: which of them are sliders at first, and how sure each is, in dots.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Directions, described } from "../../assets/explore/directions.js";

const direction = (name, kind, score = null) => ({
  name,
  kind,
  score,
  measure: score === null ? "" : "R²",
  effect: null,
});

function measured(...list) {
  const directions = new Directions("run", 2);
  directions.measured = list;
  return directions.shown(new Map()).map(({ name }) => name);
}

test("what has no name is no slider at first, unless there is little else", () => {
  const named = ["slant", "thickness", "width", "height"].map((name) => direction(name, "attribute", 0.7));
  const others = [direction("SeFa 1", "sefa"), direction("PCA 1", "pca")];
  assert.deepEqual(measured(...named, ...others), ["slant", "thickness", "width", "height"]);
  assert.deepEqual(measured(named[0], ...others), ["slant", "SeFa 1", "PCA 1"]);
});

test("the surer a direction, the more dots; the number is read out and shown on hover", () => {
  const notes = [0.77, 0.5, 0.2, 1].map((score) => described(direction("slant", "attribute", score)).note);
  assert.deepEqual(notes, ["●●●", "●●○", "●○○", "●●●"]);
  const { spoken, hint, note } = described(direction("slant", "attribute", 0.77));
  assert.deepEqual([spoken, hint], ["R² 0.77", "R² 0.77"]);
  assert.equal(described(direction("SeFa 1", "sefa")).note, "");
  assert.ok(!note.includes("0.77"));
});
