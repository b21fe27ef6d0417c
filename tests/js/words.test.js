// What D says of a picture.
import assert from "node:assert/strict";
import { test } from "node:test";
import { said } from "../../assets/base/words.js";

test("a share where there is one, else the score with its sign", () => {
  assert.deepEqual([said(0.73, 1), said(null, 1.256), said(null, -3)], ["73 % real", "score +1.26", "score -3.00"]);
});
