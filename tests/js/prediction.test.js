// Predictions of a failure: what happened by the measured light, and which answers a browser keeps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { outcome, score, withAnswer } from "../../assets/failures/prediction.js";

const feed = (status, light) => ({ status, light, newest: () => ({ step: 900 }) });

test("the first bad light is what happened", () => {
  const light = { name: "divergence", level: "bad", title: "Blowing up", seen: "Too large.", step: 140 };
  assert.deepEqual(outcome(feed("training", light), "good"), {
    name: "divergence",
    title: "Blowing up",
    seen: "Too large.",
    step: 140,
  });
});

test("a run that ended without a fault has worked; one that trains says nothing yet", () => {
  const light = { name: "fog", level: "warn", title: "Still noise", seen: "Late.", step: 3 };
  assert.equal(outcome(feed("training", light), "good"), null);
  const { name, title, step } = outcome(feed("finished", light), "good");
  assert.deepEqual([name, title, step], ["good", "No fault was found", 900]);
});

test("another answer replaces the one before; runs that were answered stay", () => {
  const asked = { case: "a", answer: "x", run: "" };
  const ran = { case: "a", answer: "x", run: "a-1", right: true };
  assert.deepEqual(withAnswer([asked], { ...asked, answer: "y" }), [{ ...asked, answer: "y" }]);
  assert.deepEqual(withAnswer([asked], ran), [ran]);
  assert.deepEqual(withAnswer([ran], asked), [ran, asked]);
});

test("the score counts the newest answer to each case", () => {
  assert.equal(score([]), "");
  const wrong = { case: "a", answer: "x", run: "a-1", right: false };
  const right = { case: "a", answer: "y", run: "a-2", right: true };
  assert.equal(score([wrong, right, { case: "b", answer: "x", run: "" }]), "You have called 1 of 1 case.");
});
