// What is known of a run: columns that grow, moments between records, a log that is cut back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { follow } from "../../assets/charts/feed.js";

const never = { addEventListener() {}, removeEventListener() {} };
globalThis.document = /** @type {any} */ ({ visibilityState: "hidden", ...never });
globalThis.window = /** @type {any} */ (never);

const columns = (...steps) => ({ seq: steps, step: steps, seconds: steps.map((step) => step / 10) });
const rest = { generation: 0, status: "training", events: [], control: { budget: {} }, classes: [], checks: {} };
const answer = (seq, more) => ({ ...rest, seq, samples: { fixed: [], random: [] }, ...more });

function followed(t) {
  const heard = [];
  const { feed, stop } = follow(`run-${t.name}`, (news) => heard.push(news.length));
  t.after(stop);
  return { feed, heard };
}

test("records are appended; a column that is new has had nulls", (t) => {
  const { feed, heard } = followed(t);
  feed.take(answer(1, { columns: columns(10, 20) }));
  feed.take(answer(2, { columns: { ...columns(30), fd: [5] } }));
  assert.deepEqual(
    [feed.columns.step, feed.columns.fd, heard],
    [
      [10, 20, 30],
      [null, null, 5],
      [2, 3],
    ],
  );
});

test("nothing new is nothing to tell", (t) => {
  const { feed, heard } = followed(t);
  feed.take(answer(1, { columns: columns(10) }));
  feed.take(answer(1, { columns: {}, events: null, control: null, samples: null }));
  assert.deepEqual(heard, [1]);
});

test("a value at a step is reckoned from the records around it", (t) => {
  const { feed } = followed(t);
  feed.take(answer(1, { columns: columns(10, 20) }));
  assert.deepEqual([feed.at("seconds", 15), feed.at("seconds", 5), feed.at("seconds", 99)], [1.5, 0.5, 9.9]);
});

test("a log that was cut back is asked for anew", (t) => {
  const { feed } = followed(t);
  feed.take(answer(5, { columns: columns(10, 20) }));
  feed.take(answer(1, { generation: 1, columns: columns(10) }));
  assert.deepEqual([feed.length, feed.fresh], [2, true]);
  feed.take(answer(1, { generation: 1, columns: columns(10) }));
  assert.deepEqual([feed.length, feed.generation], [1, 1]);
});

test("a checkup is the last one at or before a step", (t) => {
  const { feed } = followed(t);
  feed.take(answer(1, { columns: columns(10), checks: { step: [5, 9], shares: [[1], null] } }));
  assert.deepEqual([feed.check("shares").step, feed.check("shares", 4)], [5, null]);
});

test("how far a run is: its newest record, or what was done to it since", (t) => {
  const { feed } = followed(t);
  feed.take(answer(1, { columns: columns(10), events: [{ event: "stopped", step: 12, epoch: 1, seconds: 9 }] }));
  assert.deepEqual(feed.newest(), { step: 12, epoch: 1, seconds: 9 });
});
