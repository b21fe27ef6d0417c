// What has moved since a setting was changed while the run trains, in one sentence.

import { number, percent } from "../base/dom.js";
import { lastChange } from "./events.js";

const ENOUGH_STEPS = 200; // after a change, until anything is said of it
const RECORDS = 50; // at most, over which a mean is taken on either side
const FEW = 5; // less say nothing
const LOSSES = [
  ["d_loss", "D's loss"],
  ["g_loss", "G's loss"],
];

/** The sentence about the newest change of a feed; "" while there was none. */
export function effect(feed) {
  const change = lastChange(feed);
  if (!change) return "";
  const lead = `Since ${change.text} at step ${number(change.step)}:`;
  const steps = feed.newest().step - change.step;
  if (steps < ENOUGH_STEPS) return `${lead} too early to tell, ${steps} of ${ENOUGH_STEPS} steps.`;
  const moved = LOSSES.flatMap(([column, name]) => {
    const [before, after] = split(feed, column, change.step).map((values) => values.slice(-RECORDS));
    if (Math.min(before.length, after.length) < FEW) return [];
    return `${name} ${number(mean(before), 2)} → ${number(mean(after), 2)}`;
  });
  const [before, after] = split(feed, "confident", change.step);
  if (before.length && after.length) moved.push(`legible samples ${percent(before.at(-1))} → ${percent(after.at(-1))}`);
  return moved.length ? `${lead} ${moved.join(", ")}.`.replaceAll(/ (%|→)/g, "\u00a0$1") : "";
}

/** The values of a column up to a step, and those after it. */
function split(feed, column, step) {
  const sides = [[], []];
  (feed.columns[column] ?? []).forEach((value, k) => {
    if (value !== null) sides[Number(feed.columns.step[k] > step)].push(value);
  });
  return sides;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
