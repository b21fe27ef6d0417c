// What was done to a run and what is wrong with it, in the few words that fit on a chart.

import { SIGNS } from "../live/health.js";
import { colour } from "../base/colours.js";
import { plain, upright } from "./plot.js";

const CROWDED = 0.035; // share of the width within which marks share a label
const LABEL = { yref: "paper", textangle: -90, showarrow: false };
const FONT = { size: 10.5 };

/**
 * Lines with words over a chart of one run, as Plotly's { shapes, annotations }: what was done to it, the
 * trouble that the light tells of, and the step of the time slider unless `cursor` is null. `place(event)`
 * is where an event is along the bottom, which goes from the first to the last of `ends`.
 */
export function annotated(feed, element, place, ends, cursor) {
  const [first, last] = ends;
  const width = last - first;
  const annotations = [];
  const shapes = [];
  const write = (x, more) => {
    const xanchor = x > first + 0.94 * width ? "right" : "left";
    annotations.push({ ...LABEL, y: 1, yanchor: "top", opacity: 0.75, font: FONT, x, xanchor, ...more });
  };
  let labelled = -Infinity;
  for (const { at, text } of marksOf(feed)) {
    const x = place(at);
    const beside = x - labelled < width * CROWDED;
    labelled = x;
    if (beside) Object.assign(annotations.at(-1), { x, text: `${annotations.at(-1).text}, ${text}` });
    else write(x, { text });
    shapes.push({ ...upright(x, { color: colour(element, "ink"), width: 1, dash: "dot" }), opacity: 0.5 });
  }
  const wrong = trouble(feed);
  if (wrong) {
    const x = place(wrong);
    const color = colour(element, wrong.level);
    const words = { text: plain(wrong.text), hovertext: plain(wrong.told) };
    write(x, { ...words, font: { ...FONT, color }, y: 0, yanchor: "bottom", opacity: 1 });
    shapes.push(upright(x, { color, width: 2 }));
  }
  if (cursor !== null) {
    const color = colour(element, "accent");
    shapes.push(upright(place({ step: cursor }), { color, width: 2 }));
  }
  return { shapes, annotations };
}

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
  for (const event of feed.events) {
    const begins = before === "branched" && event.event === "resumed"; // a branch that trains for the first time
    const text = begins ? "" : changes(event, live, values) || inWords(event);
    before = event.event;
    if (!text) continue;
    const found = marks.get(event.step);
    if (!found) marks.set(event.step, { at: event, text });
    else if (!found.text.includes(text)) found.text += `, ${text}`;
  }
  return [...marks.values()].sort((a, b) => a.at.step - b.at.step);
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
      return { d: "D alone", g: "G alone" }[event.what] ?? "one step";
    case "budget":
      return "new budget";
    case "branched":
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
