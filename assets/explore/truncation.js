// Truncation: psi draws every z towards the middle; on demand, what that does to precision and recall.
import { h, percent } from "../base/dom.js";
import { job } from "../base/http.js";

const NS = "http://www.w3.org/2000/svg";
const [WIDE, HIGH, LEFT, LOW] = [320, 150, 30, 22];
const CENTRES = { nearest: "the nearest of several centres", mean: "the one mean" };
const IN_Z =
  "ψ below 1 draws z towards the middle. Large GANs become more typical and less varied there; small ones gain little, and the very middle may be empty. Measure it here.";
const IN_W =
  "ψ below 1 draws w, the style, towards a centre: pictures become more typical and less varied. At ψ 0 the one mean makes every picture the same one; the nearest of several centres leaves each what it is. Try both.";

export class Truncation {
  constructor(explorer) {
    this.explorer = explorer;
    this.psi = h("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.01,
      "data-part": "psi",
      "aria-label": "Truncation psi",
    });
    this.psi.oninput = () => ((explorer.latent.psi = Number(this.psi.value)), explorer.changed());
    this.psi.ondblclick = () => ((explorer.latent.psi = 1), explorer.changed());
    this.text = h("output", { "aria-live": "off" });
    this.ask = h("button", { type: "button", class: "quiet", "data-part": "sweep" }, "Measure precision and recall");
    this.ask.onclick = () => this.measure();
    this.told = h("p", { class: "explore-missing", role: "status" });
    this.chart = h("div", { class: "explore-chart" });
    const row = h(
      "label",
      { class: "explore-row" },
      h("span", { class: "explore-name" }, h("b", {}, "ψ")),
      this.psi,
      this.text,
    );
    this.styled = Boolean(explorer.context.data.w_dim);
    const words = h("p", { class: "explore-missing" }, this.styled ? IN_W : IN_Z);
    this.centre = h(
      "select",
      { "aria-label": "What ψ draws w to", "data-part": "centre" },
      ...Object.entries(CENTRES).map(([value, text]) => h("option", { value }, text)),
    );
    this.centre.onchange = () => ((explorer.latent.centre = this.centre.value), explorer.changed());
    const to = h(
      "label",
      { class: "explore-row", hidden: !this.styled },
      h("span", { class: "explore-name" }, "to"),
      this.centre,
    );
    this.element = h("div", { class: "explore-truncation" }, row, to, words, this.ask, this.told, this.chart);
  }

  fill() {
    const { psi, centre } = this.explorer.latent;
    this.psi.value = psi;
    this.centre.value = centre;
    this.text.textContent = psi.toFixed(2);
    this.mark?.setAttribute("x1", across(psi));
    this.mark?.setAttribute("x2", across(psi));
  }

  async measure() {
    const told = (sentence) => (this.told.textContent = sentence);
    this.ask.disabled = true;
    this.underway = new AbortController();
    try {
      const { context, latent } = this.explorer;
      const path = `/api/models/${context.model()}/truncation${this.styled ? `?centre=${latent.centre}` : ""}`;
      const found = await job(path, { told, signal: this.underway.signal });
      told("");
      this.show(found);
    } catch (error) {
      if (error.name !== "AbortError") told(error.message);
    }
    this.ask.disabled = false;
  }

  show({ psi, precision, recall, n }) {
    const drawing = svg("svg", {
      viewBox: `0 0 ${WIDE} ${HIGH}`,
      role: "img",
      "aria-label": "Precision and recall over psi",
    });
    for (const share of [0, 0.5, 1]) {
      drawing.append(svg("line", { class: "grid", x1: LEFT, x2: WIDE, y1: up(share), y2: up(share) }));
      drawing.append(svg("text", { x: LEFT - 5, y: up(share) + 4, "text-anchor": "end" }, percent(share)));
      drawing.append(svg("text", { x: across(share), y: HIGH - 4, "text-anchor": "middle" }, `ψ ${share}`));
    }
    for (const [name, values] of Object.entries({ precision, recall })) {
      drawing.append(
        svg("polyline", { class: name, points: psi.map((at, k) => `${across(at)},${up(values[k])}`).join(" ") }),
      );
    }
    this.mark = svg("line", { class: "mark", y1: up(1), y2: up(0) });
    drawing.append(this.mark);
    const key = (name, words) => h("span", { class: name }, h("i"), words);
    const caption = h(
      "figcaption",
      {},
      key("precision", "precision: generated pictures that look like real ones"),
      key("recall", "recall: real pictures that it could have made"),
      `of ${n} each`,
    );
    this.chart.replaceChildren(drawing, caption);
    this.fill();
  }

  destroy() {
    this.underway?.abort();
  }
}

const across = (psi) => LEFT + 10 + (WIDE - LEFT - 30) * psi;
const up = (share) => 8 + (HIGH - LOW - 8) * (1 - share);

function svg(tag, attributes, text = "") {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}
