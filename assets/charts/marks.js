// What was done to a run and what is wrong with it, as lines and words on a chart.

import { colour } from "../base/colours.js";
import { lastChange, marksOf, trouble } from "./events.js";
import { band, plain, rem, upright } from "./plot.js";

const LABEL = { yref: "paper", y: 1, yanchor: "top", borderpad: 0, showarrow: false };
const LETTER = 6.6; // pixels that a letter of a label takes
const GAP = 6; // pixels between two labels
const BESIDE = { left: 3, center: 0, right: -3 }; // pixels from a label to its line
const MANY = "▾"; // where a word has no room: it is said under the pointer, and in the list below the chart

/** Share of the height that a chart with marks leaves above its curves: their words lie on no line. */
export const HEADROOM = 0.07;

/**
 * Lines with words over a chart of one run, as Plotly's { shapes, annotations }: what was done to it, the
 * trouble that the light tells of, and the step of the time slider unless `cursor` is null. `place(event)`
 * is where an event is along the bottom, which goes from the first to the last of `ends`.
 */
export function annotated(feed, element, place, ends, cursor) {
  const shapes = [];
  const words = []; // the most important ones first
  const wrong = trouble(feed);
  if (wrong) {
    const color = colour(element, wrong.level);
    words.push({ x: place(wrong), text: wrong.text, told: wrong.told, font: { color } });
    shapes.push(upright(place(wrong), { color, width: 2 }));
  }
  const marks = marksOf(feed);
  for (const { at, text } of marks.toReversed()) words.push({ x: place(at), text, told: text, font: {} });
  for (const { at } of marks)
    shapes.push({ ...upright(place(at), { color: colour(element, "ink"), width: 1, dash: "dot" }), opacity: 0.5 });
  const changed = lastChange(feed);
  if (changed) shapes.unshift(band(place(changed), ends[1], colour(element, "accent")));
  if (cursor !== null) {
    const color = colour(element, "accent");
    shapes.push(upright(place({ step: cursor }), { color, width: 2 }));
  }
  return { shapes, annotations: labels(words, ends, (element.clientWidth * 16) / rem()) };
}

/**
 * Words side by side above their lines, for Plotly; where one would lie on another, a sign that says it.
 * @param {{x: number, text: string, told: string, font: any}[]} words the most important ones first
 * @param {number[]} ends of the axis
 * @param {number} width of it in pixels of an ordinary screen
 */
export function labels(words, [first, last], width) {
  const scale = (last - first) / width || 1; // of a pixel
  const taken = [];
  return words.map(({ x, text, told, font }) => {
    const free = (from, to) => taken.every(([start, end]) => to < start || from > end);
    const room = (content) => {
      const long = LETTER * (content.length + 1) * scale;
      /** @type {[string, number, number][]} */
      const places = [
        ["left", x, x + long],
        ["right", x - long, x],
      ];
      return places.find(([, from, to]) => from >= first && to <= last && free(from, to));
    };
    const found = room(text);
    const content = found ? text : MANY;
    const [xanchor, from, to] = found ?? ["center", x, x];
    taken.push([from - GAP * scale, to + GAP * scale]);
    return { ...LABEL, x, xanchor, xshift: BESIDE[xanchor], text: plain(content), hovertext: plain(told), font };
  });
}
