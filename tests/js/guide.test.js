// What a lesson's step waits for, and which answer that makes right.
import assert from "node:assert/strict";
import test from "node:test";
import { measured, query, rightOf, worded } from "../../assets/guide/measure.js";

const feed = (more = {}) => ({
  status: "training",
  columns: { step: [100, 200, 300], classes: [null, 5, 9], fd: [null, null, 80.5] },
  events: [
    { event: "started", step: 0 },
    { event: "paused", step: 150 },
  ],
  light: null,
  newest: () => ({ step: 300 }),
  ...more,
});
const first = (number, until) => ({ kind: "first", name: "classes", op: ">=", number, until });

test("the first step at which a column reaches a number", () => {
  assert.deepEqual(measured(feed(), first(5, 1000)), { done: true, value: 200, step: 200 });
  assert.deepEqual(measured(feed(), first(10, 1000)), { done: false, value: null, step: null }, "it may still come");
  assert.deepEqual(measured(feed(), first(10, 300)), { done: true, value: null, step: null }, "the waiting is over");
  assert.deepEqual(measured(feed(), first(9, 250)), { done: true, value: null, step: null }, "too late");
  assert.deepEqual(measured(feed({ status: "failed" }), first(10, 1000)), { done: true, value: null, step: null });
});

test("the value of a column at a step, or the last one of a run that ended before", () => {
  const at = (until) => ({ kind: "value", name: "fd", op: "", number: 0, until });
  assert.deepEqual(measured(feed(), at(150)), { done: true, value: 80.5, step: 300 }, "null is not measured");
  assert.deepEqual(measured(feed(), at(400)), { done: false, value: null, step: null });
  assert.deepEqual(measured(feed({ status: "finished" }), at(400)), { done: true, value: 80.5, step: 300 });
});

test("an event since the step began", () => {
  const paused = { kind: "event", name: "paused", op: "", number: 0, until: 0 };
  assert.deepEqual(measured(feed(), paused, 0), { done: true, value: 150, step: 150 });
  assert.deepEqual(measured(feed(), paused, 2), { done: false, value: null, step: null });
});

test("a light, or none until the waiting ends", () => {
  const light = { kind: "light", name: "mode collapse", op: "", number: 0, until: 600 };
  assert.deepEqual(measured(feed(), light), { done: false, value: null, step: null });
  assert.deepEqual(measured(feed({ light: { name: "mode collapse", step: 240 } }), light), {
    done: true,
    value: 240,
    step: 240,
  });
  assert.deepEqual(measured(feed({ newest: () => ({ step: 601 }) }), light), { done: true, value: null, step: null });
});

test("the first answer that holds is the right one", () => {
  const picks = [
    { text: "early", op: "<", number: 200 },
    { text: "late", op: ">=", number: 200 },
    { text: "never", op: "never", number: 0 },
  ];
  assert.deepEqual(
    [100, 200, null].map((value) => rightOf(picks, value)),
    [0, 1, 2],
  );
  assert.equal(rightOf([{ text: "x", op: "<", number: 1 }], null), -1);
  assert.equal(
    rightOf(
      [
        { text: "x", op: "<", number: 1 },
        { text: "y", op: "else", number: 0 },
      ],
      null,
    ),
    1,
  );
});

test("numbers in sentences, and the lesson's runs in addresses", () => {
  assert.deepEqual([1240, 0.834, 81.37, null].map(worded), ["1,240", "0.83", "81", "–"]);
  const step = { query: { runs: "{run},{before}", tab: "quiz" } };
  assert.deepEqual(query(step, ["a", "b"]), { runs: "b,a", tab: "quiz" });
  assert.deepEqual(query(step, []), { tab: "quiz" });
});
