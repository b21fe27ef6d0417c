// What was done to a run and what is wrong with it, in the few words that fit on a chart.

import { SIGNS } from "./light.js";
import { ink, plain, themed, upright } from "./plot.js";

const CROWDED = 0.035; // share of the width within which marks share a label
const LABEL = { yref: "paper", textangle: -90, showarrow: false };
const FONT = { size: 10.5 };

/**
 * Lines with words over a chart of one run, as Plotly's { shapes, annotations }: what was done to it, the
 * trouble that the light tells of, and the step of the time slider unless `cursor` is null. `place(event)`
 * is where an event is along the bottom, which goes from `first` to `last`.
 */
export function annotated(feed, element, place, [first, last], cursor) {
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
    shapes.push({ ...upright(x, { color: ink(element), width: 1, dash: "dot" }), opacity: 0.5 });
  }
  const wrong = trouble(feed);
  if (wrong) {
    const x = place(wrong);
    const color = themed(element, `--${wrong.level}`);
    const words = { text: plain(wrong.text), hovertext: plain(wrong.told) };
    write(x, { ...words, font: { ...FONT, color }, y: 0, yanchor: "bottom", opacity: 1 });
    shapes.push(upright(x, { color, width: 2 }));
  }
  if (cursor !== null) {
    const color = themed(element, "--st-primary-color") || "#d55e00";
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
function marksOf(feed) {
  const marks = new Map();
  let rates = { lr_d: feed.columns.lr_d?.[0], lr_g: feed.columns.lr_g?.[0] };
  let before = "";
  for (const event of feed.events) {
    const begins = before === "branched" && event.event === "resumed"; // a branch that trains for the first time
    const text = begins ? "" : inWords(event, rates);
    before = event.event;
    if (event.event === "lr") rates = event;
    if (!text) continue;
    const found = marks.get(event.step);
    if (!found) marks.set(event.step, { at: event, text });
    else if (!found.text.includes(text)) found.text += `, ${text}`;
  }
  return [...marks.values()].sort((a, b) => a.at.step - b.at.step);
}

function inWords(event, rates) {
  switch (event.event) {
    case "lr":
      return [["lr_d", "D"], ["lr_g", "G"]]
        .filter(([name]) => event[name] !== rates[name])
        .map(([name, who]) => `lr ${who} ${event[name]}`)
        .join(", ");
    case "ratio":
      return `D:G ${event.d_steps}:${event.g_steps}`;
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
