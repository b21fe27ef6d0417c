// First steps: which one is next, for whom, and what ticks it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { STEPS, next, pageOf, stepsFor, ticks, wordsFrom } from "../../assets/shell/trail-steps.js";

const element = (selector, words) => ({
  matches: (asked) => asked === selector,
  querySelector: () => ({ textContent: words }),
});
const named = (name) => STEPS.find((step) => step.name === name);

test("the next step is the first that is not done; a watcher starts nothing", () => {
  assert.equal(next(STEPS, []).name, "start");
  assert.equal(next(STEPS, ["start", "pause"]).name, "look");
  assert.equal(next(stepsFor(false), []).name, "look");
  assert.deepEqual(
    stepsFor(false).filter(({ drives }) => drives),
    [],
  );
  assert.equal(
    next(
      STEPS,
      STEPS.map(({ name }) => name),
    ),
    null,
  );
});

test("on another page the words of a step say where it is", () => {
  assert.equal(wordsFrom(named("pause"), ""), "Press Pause.");
  assert.equal(wordsFrom(named("pause"), "runs"), "Train · Press Pause.");
});

test("a page is told from the app's root, wherever that is", () => {
  assert.equal(pageOf("http://x/forger/explore?run=a", "http://x/forger/"), "explore");
  assert.equal(pageOf("http://x/", "http://x/"), "");
});

test("a press on the very button ticks a step, and nothing else does", () => {
  const path = [element("span"), element("button", "Pause"), {}];
  assert.ok(ticks(named("pause"), "click", path));
  assert.ok(!ticks(named("pause"), "pointerdown", path));
  assert.ok(!ticks(named("pause"), "click", [element("button", "Step")]));
});

test("a change of the control ticks, not one beside it", () => {
  const [asked] = named("break").find;
  assert.ok(ticks(named("break"), "input", [element(asked), {}]));
  assert.ok(!ticks(named("break"), "input", [element("input")]));
  assert.ok(ticks(named("draw"), "pointerdown", [element("canvas"), element(named("draw").find[0])]));
});
