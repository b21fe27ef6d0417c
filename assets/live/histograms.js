// D's scores of real and of generated images at a checkup, as two histograms over each other.

import { number } from "../base/dom.js";
import { colour } from "../base/colours.js";
import { fitting, look, plotly, settings, upright } from "../charts/plot.js";

/** How a selector calls it, and what to conclude from it. */
export const SCORES = {
  id: "histograms",
  label: "D's scores",
  note:
    "How D scores real and generated images. Hills apart: D tells them easily. Hills over each other: " + "G fools it.",
};

const HEADROOM = 1.15; // times the highest bar, for the words beside the line

/** A chart in `element`. */
export class Histograms {
  constructor(element) {
    this.element = element;
    this.unfit = fitting(element);
    this.queue = Promise.resolve();
  }

  /**
   * Draws a checkup, { step, d_hist_real, d_hist_fake, d_range } or null, if it is another or `anew`; `threshold` is the
   * logit above which D takes an image for real, null where only the order counts.
   */
  show(check, anew = false, threshold = 0) {
    if (!anew && check?.step === this.check?.step && threshold === this.threshold) return this.queue;
    this.check = check;
    this.threshold = threshold;
    this.queue = this.queue.then(() => this.draw()).catch((error) => console.error(error));
    return this.queue;
  }

  async draw() {
    const Plotly = await plotly();
    if (this.gone || !this.element.clientWidth) return;
    await Plotly.react(this.element, this.traces(), this.layout(), settings());
  }

  traces() {
    if (!this.check) return [];
    const {
      d_hist_real: real,
      d_hist_fake: fake,
      d_range: [low, high],
    } = this.check;
    return [
      ["real", real],
      ["generated", fake],
    ].map(([name, y]) => {
      const width = (high - low) / y.length;
      const color = colour(this.element, name === "real" ? "real" : "fake");
      const x = y.map((_, k) => low + (k + 0.5) * width);
      return { type: "bar", name, x, y, width, marker: { color }, opacity: 0.65, hovertemplate: "%{y:.1%}" };
    });
  }

  layout() {
    const { layout, axis } = look(this.element);
    const { step, d_range = [0, 1], d_hist_real = [0], d_hist_fake = [0] } = this.check ?? {};
    const edge = outwards(Math.max(...d_range.map(Math.abs)));
    const high = HEADROOM * Math.max(...d_hist_real, ...d_hist_fake);
    const where = this.check ? `D's logit at step ${number(step)}` : "D's logit";
    const decides =
      this.threshold === null ? "only the order counts: real to the right" : "D decides here: real to the right";
    const x = this.threshold ?? 0;
    const words = this.check ? decides : "D has not been looked at yet";
    const text = { text: words, showarrow: false, x, xanchor: "left", xshift: 4 };
    const line = upright(x, { color: colour(this.element, "ink"), width: 1.5 });
    return {
      ...layout,
      barmode: "overlay",
      showlegend: true,
      xaxis: { ...axis, title: { text: where, standoff: 6 }, range: [-edge, edge], hoverformat: ".2f" },
      yaxis: { ...axis, title: { text: "share of the images", standoff: 4 }, tickformat: ".0%", range: [0, high || 1] },
      shapes: this.threshold === null ? [] : [{ ...line, layer: "above" }],
      annotations: [{ ...text, y: 1, yref: "paper", yanchor: "top" }],
    };
  }

  destroy() {
    this.unfit();
    this.gone = true;
    if (this.element.data) window.Plotly.purge(this.element);
  }
}

/** A round number not below `most`, so that the axis seldom changes: 5.1 as 6, 13 as 15. */
function outwards(most) {
  const unit = 10 ** Math.floor(Math.log10(most)) / 2;
  return Math.ceil(most / unit) * unit;
}
