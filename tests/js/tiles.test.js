// Pictures of a grid by their number: where they lie, which is next, and their bytes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf } from "../../assets/live/tile-dialog.js";
import { layoutOf, stepped } from "../../assets/live/tile-picker.js";

test("pictures lie two pixels apart, also on a sheet that is not square", () => {
  assert.deepEqual(layoutOf(8 * 30 - 2, 6 * 30 - 2, 8), { columns: 8, rows: 6, pitch: 30, side: 28 });
});

test("a step beyond an end leads nowhere, the first one to the first picture", () => {
  assert.deepEqual([stepped(null, 8, 64), stepped(3, 8, 64), stepped(60, 8, 64), stepped(0, -1, 64)], [0, 11, 60, 0]);
});

test("of four bytes a pixel as many are told as the generator has channels", () => {
  const data = Uint8ClampedArray.of(1, 2, 3, 255, 4, 5, 6, 255);
  assert.deepEqual([...bytesOf({ data }, 1)], [1, 4]);
  assert.deepEqual([...bytesOf({ data }, 3)], [1, 2, 3, 4, 5, 6]);
});
