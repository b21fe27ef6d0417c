// Smoothing, and which panels a feed has something for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { has, PANELS, resolved } from "../../assets/charts/panels.js";
import { smoothed, span } from "../../assets/charts/smooth.js";

test("few records are not smoothed; the width is a power of two that seldom changes", () => {
  assert.deepEqual([0, 159, 160, 319, 320].map(span), [0, 0, 4, 4, 8]);
});

test("a smoothed curve keeps nulls where they are, and a constant as it is", () => {
  assert.deepEqual(smoothed([2, null, 2, 2], 4), [2, null, 2, 2]);
  const [first, second] = smoothed([0, 1], 3);
  assert.deepEqual([first, second], [0, 0.5]);
});

const panel = (id) => PANELS.find((each) => each.id === id);
const offered = (feed) => PANELS.filter((each) => has(feed, each)).map(({ id }) => id);

test("a panel of checkups needs one; its lines have axes", () => {
  assert.equal(has({ columns: { fd: [null, null] } }, panel("quality")), false);
  assert.equal(has({ columns: { fd: [null, 3] } }, panel("quality")), true);
  for (const { axes = [], lines = [] } of PANELS) for (const [, , , axis = 0] of lines) assert.ok(axes[axis]);
});

test("before the first record a panel may still get something, afterwards it needs a value", () => {
  assert.deepEqual(offered({ columns: {} }), ["losses", "scores", "gradients", "speed"]);
  assert.deepEqual(offered({ columns: { d_loss: [1], g_loss: [null], grad_norm_g: [null] } }), ["losses"]);
});

test("a statistic that no panel names has a curve, under the name that the game gives it", () => {
  const statistics = { d_loss: "D's loss", my_stat: "my statistic", never: "never measured" };
  const columns = { d_loss: [1, 2], my_stat: [null, 3], never: [null, null] };
  const feed = { columns, about: { statistics, d: null } };
  assert.deepEqual(offered(feed), ["losses", "others"]);
  const { axes, lines } = resolved(panel("others"), [feed, { columns: {} }]);
  assert.deepEqual([axes, lines], [[{ title: "my statistic" }], [["my_stat", "my statistic", "run-1", 0]]]);
});

test("many such statistics share one axis", () => {
  const names = ["a", "b", "c", "e", "f"].map((name) => [name, name]);
  const columns = Object.fromEntries(names.map(([name]) => [name, [1]]));
  const { axes, lines } = resolved(panel("others"), [{ columns, about: { statistics: Object.fromEntries(names) } }]);
  assert.deepEqual([axes.length, lines.length, lines.every(([, , , axis]) => axis === 0)], [1, 5, true]);
});

test("a critic's estimate and a penalty have charts where a run has them", () => {
  const about = { statistics: {}, d: { probability: false, threshold: null, note: "" } };
  const columns = { d_loss: [-3], real_below_fake: [0.1], estimate: [3], d_penalty: [0.2], d_real: [null] };
  assert.deepEqual(offered({ columns, about }), ["losses", "order", "estimate", "penalty"]);
  assert.deepEqual(offered({ columns: { ...columns, estimate: [null], d_penalty: [null] }, about }), [
    "losses",
    "order",
  ]);
});

test("where the loss has no probability, the order of D's scores stands for it, and the note says so", () => {
  const columns = { d_real: [0.6], real_below_fake: [0.3], logit_real: [1] };
  const of = (probability, note) => ({ columns, about: { statistics: {}, d: { probability, threshold: 0, note } } });
  assert.deepEqual(offered(of(true, "")), ["scores"]);
  assert.deepEqual(offered(of(false, "")), ["order"]);
  const [hinge, other] = [of(true, "Hinge: a score."), of(true, "")];
  assert.equal(resolved(panel("scores"), [other]).note, panel("scores").note);
  assert.equal(resolved(panel("scores"), [hinge, hinge, other]).note, `${panel("scores").note} Hinge: a score.`);
});
