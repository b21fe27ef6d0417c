// The glossary finds its words in a text, whole ones only.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { pieces, TERMS, termsIn } from "../../assets/base/terms.js";

test("a text keeps all its letters, and its terms are found once each", () => {
  const text = "D(G(z)) and D(x) are shares; a logit is not. D(x) again, FD-EvalNet64.";
  assert.equal(
    pieces(text)
      .map(([piece]) => piece)
      .join(""),
    text,
  );
  assert.deepEqual(termsIn(text), ["D(G(z))", "D(x)", "logit", "FD"]);
});

test("a part of another word is none", () => {
  assert.deepEqual(termsIn("zero, glossy, losses, EvalNets"), []);
  assert.deepEqual(termsIn("Fixed z"), ["z"]);
});

test("every term has one sentence and a chapter that exists", () => {
  const files = readdirSync(new URL("../../ui/learn/lessons", import.meta.url));
  const chapters = files.map((file) => file.replace(/^\d+-|\.md$/g, ""));
  for (const [name, { says, chapter }] of Object.entries(TERMS)) {
    assert.ok(chapters.includes(chapter), `${name}: ${chapter}`);
    assert.match(says, /^[A-Z].*\.$/u);
  }
});
