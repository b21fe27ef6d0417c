// Samples of a class: the first sure one ends the search, else the best of many is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { GiveMe } from "../../assets/explore/give-me.js";
import { LatentState } from "../../assets/explore/latent-state.js";

const names = ["0", "1"];

/** A search in which the n-th reading says that its third picture is a 1 with this share. */
function searching(...shares) {
  const give = Object.create(GiveMe.prototype);
  const latent = new LatentState(4, () => null);
  give.explorer = { latent, context: { data: { names } } };
  give.reads = 0;
  give.read = async (vectors) => {
    const share = shares[Math.min(give.reads++, shares.length - 1)];
    give.third = vectors[2];
    return { names, classes: vectors.map((_, i) => (i === 2 ? [1 - share, share] : [1, 0])), why: "" };
  };
  return give;
}

test("the first sample that EvalNet is sure of ends the search", async () => {
  const give = searching(0.2, 0.95);
  const { best, share, seen } = await give.search(1, () => true);
  assert.deepEqual([best, share, seen], [give.third, 0.95, 32]);
});

test("after many samples the best one is told; who asks for another class ends it", async () => {
  const { share, seen } = await searching(0.6, 0.3).search(1, () => true);
  assert.deepEqual([share, seen], [0.6, 320]);
  const ended = searching(0.1);
  await ended.search(1, () => ended.reads < 2);
  assert.equal(ended.reads, 2);
});

test("without a classifier the reason is told", async () => {
  const give = searching(0.1);
  give.read = async () => ({ names, classes: null, why: "nobody reads these" });
  assert.equal((await give.search(1, () => true)).why, "nobody reads these");
});
