// What was done to a run and what is wrong with it, as lines and words on a chart.

import { colour } from "../base/colours.js";
import { lastChange, marksOf, trouble } from "./events.js";
import { band, plain, upright } from "./plot.js";

const CROWDED = 0.035; // share of the width within which marks share a label
const LABEL = { yref: "paper", textangle: -90, showarrow: false };
const FONT = { size: 12 };

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
  const changed = lastChange(feed);
  if (changed) shapes.unshift(band(place(changed), last, colour(element, "accent")));
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
