// What was done to a run and what is wrong with it, in a few words.

import { SIGNS } from "../live/health.js";

/** Where the trouble began that the light tells of, as an event with words; null while there is none. */
export function trouble({ light }) {
  if (!["warn", "bad"].includes(light?.level)) return null;
  const { step, level, title, seen } = light;
  return { step, level, text: `${SIGNS[level].sign} ${title}`, told: seen };
}

/** The events worth a mark, those of one step together: [{ at: event, text }], by step. */
export function marksOf(feed) {
  const marks = new Map();
  const live = feed.about.live ?? {};
  const values = Object.fromEntries(Object.entries(live).map(([name, { first }]) => [name, first]));
  let before = "";
  const over = ["finished", "stopped"].includes(feed.status) ? feed.newest().step : Infinity;
  for (const event of feed.events) {
    const begins = before === "branched" && event.event === "resumed"; // a branch that trains for the first time
    const idle = event.event === "resumed" && event.step >= over; // and not a step was made
    const text = begins || idle ? "" : changes(event, live, values) || inWords(event);
    before = event.event;
    if (!text) continue;
    const found = marks.get(event.step);
    if (!found) marks.set(event.step, { at: event, text });
    else if (!found.text.includes(text)) found.text += `, ${text}`;
  }
  return [...marks.values()].sort((a, b) => a.at.step - b.at.step);
}

/** The newest change of a setting while the run trained, as { step, text }; null while there is none. */
export function lastChange(feed) {
  const live = feed.about.live ?? {};
  const values = Object.fromEntries(Object.entries(live).map(([name, { first }]) => [name, first]));
  let found = null;
  for (const event of feed.events) {
    const text = changes(event, live, values);
    if (text) found = { step: event.step, text };
  }
  return found;
}

/** Which live settings an event gave other `values`, in words; they are taken over. */
function changes(event, live, values) {
  const told = Object.entries(live).filter(([name, about]) => about.event === event.event && name in event);
  const changed = told.filter(([name]) => event[name] !== values[name]);
  for (const [name] of told) values[name] = event[name];
  return changed.map(([name, { label }]) => `${label} ${event[name]}`).join(", ");
}

function inWords(event) {
  switch (event.event) {
    case "stepped":
      return { d: "D only", g: "G only" }[event.what] ?? "one step";
    case "budget":
      return "new budget";
    case "branched":
      return "forked";
    case "paused":
    case "resumed":
    case "stopped":
    case "failed":
    case "collapsed":
      return event.event;
    default:
      return "";
  }
}
