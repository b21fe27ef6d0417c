// What the menu of a chart offers: scales of its axes, its numbers as a table.
import assert from "node:assert/strict";
import { test } from "node:test";
import { csv, drawnTable, tableOf } from "../../assets/charts/chart-files.js";
import { middle, scaled } from "../../assets/charts/scales.js";

test("a robust axis shows the middle of the values, whatever a spike does", () => {
  const values = Array.from({ length: 101 }, (_, k) => k / 100);
  const calm = middle(values);
  const [low, high] = middle([...values.slice(0, 100), 5000, null]);
  assert.ok(low < 0.05 && high > 0.9 && high < 1.1);
  assert.ok(Math.abs(calm[1] - high) < 0.05);
  assert.equal(middle([null, NaN]), null);
  assert.deepEqual(middle([2, 2]), [1.5, 2.5]);
});

test("a linear axis says nothing, so that Plotly decides, as does one without values", () => {
  assert.deepEqual([scaled("linear", [1]), scaled("robust", [])], [{}, {}]);
  assert.equal(scaled("log", [1]).type, "log");
});

test("fields with commas, quotes or lines are quoted, what is missing is empty", () => {
  assert.equal(csv(["a", "b"], [['say "x", y', null]]), 'a,b\n"say ""x"", y",\n');
});

test("a table has a row for every record of a run in which one of the columns has a value", () => {
  const columns = { step: [1, 2, 3], images: [32, 64, 96], seconds: [0.1, 0.2, 0.3], d_loss: [1.5, null, 1.4] };
  const runs = [{ feed: { length: 3, columns }, name: "one" }];
  assert.equal(
    tableOf(runs, ["d_loss", "absent"]),
    "run,step,images,seconds,d_loss,absent\none,1,32,0.1,1.5,\none,3,96,0.3,1.4,\n",
  );
});

test("any other chart tells the points that it has drawn", () => {
  assert.equal(
    drawnTable({ data: [{ name: "real", x: [0, 1], y: [0.5, 0.25] }] }),
    "line,x,y\nreal,0,0.5\nreal,1,0.25\n",
  );
});
