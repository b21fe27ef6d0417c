// The game as a diagram: what D said at a step, and the phases of a step by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PHASES, phasesOf, saidAt } from "../../assets/live/game-diagram.js";

const feed = {
  columns: { d_real: [0.2, 0.8, null], logit_fake: [-1.5] },
  at: (name, step) => (name === "d_real" ? step / 10 : -2),
};

test("a share where the loss has one, else a score, else nothing; now and at a step", () => {
  assert.equal(saidAt(feed, null, "d_real", "logit_real"), "80 %");
  assert.equal(saidAt(feed, 3, "d_real", "logit_real"), "30 %");
  assert.equal(saidAt(feed, 3, "d_fake", "logit_fake"), "score -2.0");
  assert.equal(saidAt(feed, null, "nothing", "either"), "–");
});

test("a step of D alone ends with D's weights, one of G alone with G's", () => {
  const ids = (what, single) => phasesOf(what, single).map(({ id }) => id);
  assert.deepEqual(
    [ids("d"), ids("g")],
    [
      ["draw", "judge", "d"],
      ["again", "g"],
    ],
  );
  assert.deepEqual([ids("both").at(-1), ids("both", {}).at(-1), ids("g", {}).at(-1)], ["g", "after", "after"]);
  assert.match(PHASES[1].says({ real: "82 %", fake: "31 %" }), /82 % for the real picture, 31 %/);
});
