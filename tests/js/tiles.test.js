// Pictures of a grid by their number: where they lie, which is next, and their bytes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { orderOf, sharesOf } from "../../assets/live/opinions.js";
import { changed, counted } from "../../assets/live/microscope.js";
import { sheets } from "../../assets/live/single-step.js";
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

test("a ring is as green as D's probability; without any it tells the rank in the grid", () => {
  assert.deepEqual(sharesOf({ d: [-1, 1], p: [0.3, 0.7] }), [0.3, 0.7]);
  assert.deepEqual(sharesOf({ d: [5, -3, 40], p: null }), [0.5, 0, 1]);
  assert.deepEqual(sharesOf({ d: [5], p: null }), [1]);
});

test("a grid is sorted from what D takes for real most; equals stay as they lie", () => {
  assert.deepEqual(orderOf([0, 2, 1, 2]), [1, 3, 2, 0]);
});

test("bytes of the microscope become pictures; a signed change is orange up, blue down, black where there is none", () => {
  const text = btoa(String.fromCharCode(7, 255, 127, 129));
  const grey = sheets(text, [1, 1, 2], false);
  assert.deepEqual([...grey[0].data, ...grey[1].data], [7, 7, 7, 255, 255, 255, 255, 255, 127, 127, 127, 255, 129, 129, 129, 255]); // prettier-ignore
  const [, change] = sheets(text, [1, 1, 2], true);
  assert.deepEqual([...change.data], [255, 165, 40, 255, 70, 175, 255, 255]);
  assert.deepEqual([...sheets(btoa("\0"), [1, 1, 1], true)[0].data], [0, 0, 0, 255]);
});

test("updates of a step are counted, in their order", () => {
  assert.equal(counted(["d", "d", "g"]), "2 updates of D, then 1 of G");
  assert.equal(counted(["g"]), "1 update of G");
});

test("what D said before and after stands in one cell", () => {
  assert.equal(changed("31 % real", "24 % real"), "31 → 24 %");
  assert.equal(changed("score -1.20", "score +0.30"), "-1.20 → +0.30");
});
