// What was done to a run, in the words that stand on its chart.
import assert from "node:assert/strict";
import { test } from "node:test";
import { effect } from "../../assets/charts/effect.js";
import { entriesOf } from "../../assets/charts/event-list.js";
import { marksOf } from "../../assets/charts/events.js";
import { labels } from "../../assets/charts/marks.js";

const live = {
  lr_g: { label: "lr G", event: "lr", first: 0.002 },
  lr_d: { label: "lr D", event: "lr", first: 0.002 },
  clip: { label: "Gradient clipping", event: "clip", first: 0 },
};
const told = (...events) => marksOf({ about: { live }, events }).map(({ at, text }) => [at.step, text]);

test("of settings that may change those are named that changed, whatever they are called", () => {
  const first = { event: "lr", step: 20, lr_g: 0.002, lr_d: 0.001 };
  const second = { event: "lr", step: 40, lr_g: 0.001, lr_d: 0.001 };
  const clip = { event: "clip", step: 40, clip: 3 };
  assert.deepEqual(told(first, second, clip), [
    [20, "lr D 0.001"],
    [40, "lr G 0.001, Gradient clipping 3"],
  ]);
});

test("a branch that trains for the first time is not said to go on", () => {
  assert.deepEqual(told({ event: "branched", step: 5 }, { event: "resumed", step: 5 }), [[5, "forked"]]);
});

test("a run that was resumed at its end and made no step is not said to go on", () => {
  const events = [
    { event: "resumed", step: 5 },
    { event: "resumed", step: 9 },
  ];
  const feed = { about: { live }, events, status: "finished", newest: () => ({ step: 9 }) };
  assert.deepEqual(
    marksOf(feed).map(({ at }) => at.step),
    [5],
  );
});

test("words above a chart lie on no other: the first ones have the room, the others become a sign", () => {
  const word = (x, text) => ({ x, text, told: text, font: {} });
  const words = [word(50, "trouble"), word(95, "lr G"), word(52, "paused"), word(99, "x".repeat(200))];
  const shown = labels(words, [0, 100], 300).map(({ text, xanchor, hovertext }) => [text, xanchor, hovertext]);
  assert.deepEqual(shown, [
    ["trouble", "left", "trouble"],
    ["lr G", "right", "lr G"],
    ["▾", "center", "paused"],
    ["▾", "center", "x".repeat(200)],
  ]);
});

test("what is listed below a chart: every mark and the trouble, the newest first", () => {
  const events = [
    { event: "paused", step: 5 },
    { event: "lr", step: 40, lr_g: 0.001, lr_d: 0.002 },
  ];
  const light = { level: "bad", title: "Mode collapse", seen: "3 of 10.", step: 20 };
  assert.deepEqual(
    entriesOf({ about: { live }, events, light }).map(({ step, text, told }) => [step, text, told]),
    [
      [40, "lr G 0.001", ""],
      [20, "× Mode collapse", "3 of 10."],
      [5, "paused", ""],
    ],
  );
});

test("what moved since the newest change is said after 200 steps", () => {
  const step = Array.from({ length: 40 }, (_, k) => 20 * (k + 1));
  const of = (before, after) => step.map((at) => (at > 400 ? after : before));
  const confident = step.map((at) => ({ 200: 0.65, 700: 0.72 })[at] ?? null);
  const columns = { step, d_loss: of(1, 1.5), g_loss: of(0.5, 0.25), confident };
  const events = [{ event: "lr", step: 400, lr_g: 0.01, lr_d: 0.002 }];
  const feed = (newest) => ({ about: { live }, events, columns, newest: () => ({ step: newest }) });
  const lead = "Since lr G 0.01 at step 400:";
  assert.equal(effect(feed(500)), `${lead} too early to tell, 100 of 200 steps.`);
  const said = effect(feed(800));
  assert.ok(!/ [%→]/.test(said), "no line breaks inside a number, or before an arrow");
  assert.equal(
    said.replaceAll("\u00a0", " "),
    `${lead} D's loss 1.00 → 1.50, G's loss 0.50 → 0.25, legible samples 65 % → 72 %.`,
  );
  assert.equal(effect({ ...feed(800), events: [] }), "");
});
