// Truncation: psi draws every z towards the middle; on demand, what that does to precision and recall.
import { h } from "./dom.js";
import { percent } from "./opinion.js";

const NS = "http://www.w3.org/2000/svg";
const [WIDE, HIGH, LEFT, LOW] = [320, 150, 30, 22];
const AGAIN = 700; // ms between two looks at a measurement under way

export class Truncation {
  constructor(explorer) {
    this.explorer = explorer;
    this.psi = h("input", { type: "range", min: 0, max: 1, step: 0.01, "data-part": "psi", "aria-label": "Truncation psi" });
    this.psi.oninput = () => ((explorer.spot.psi = Number(this.psi.value)), explorer.changed());
    this.psi.ondblclick = () => ((explorer.spot.psi = 1), explorer.changed());
    this.text = h("output");
    this.ask = h("button", { type: "button", class: "quiet", "data-part": "sweep" }, "Measure precision and recall");
    this.ask.onclick = () => this.measure();
    this.told = h("p", { class: "missing", role: "status" });
    this.chart = h("div", { class: "chart" });
    const row = h("label", { class: "row" }, h("span", { class: "name" }, h("b", {}, "ψ")), this.psi, this.text);
    const words = h("p", { class: "missing" }, "ψ below 1 draws z towards the middle. Large GANs become more typical and less varied there; small ones gain little, and the very middle may be empty. Measure it here.");
    this.element = h("div", { class: "truncation" }, row, words, this.ask, this.told, this.chart);
  }

  fill() {
    const { psi } = this.explorer.spot;
    this.psi.value = psi;
    this.text.textContent = psi.toFixed(2);
    this.mark?.setAttribute("x1", across(psi));
    this.mark?.setAttribute("x2", across(psi));
  }

  async measure() {
    const { explorer } = this;
    const model = explorer.studio.model();
    this.ask.disabled = true;
    const { status, ...told } = await fetch(`/api/models/${model}/truncation`)
      .then(async (answer) => ({ status: answer.status, ...(await answer.json()) }))
      .catch(() => ({ status: 0, error: "The server does not answer." }));
    if (explorer.gone) return;
    if (status === 202 || status === 503) {
      this.told.textContent = status === 202 ? `${told.text} ${percent(told.done)}` : told.error;
      this.timer = setTimeout(() => this.measure(), AGAIN);
      return;
    }
    this.ask.disabled = false;
    this.told.textContent = status === 200 ? "" : told.error;
    if (status === 200) this.show(told);
  }

  show({ psi, precision, recall, n }) {
    const drawing = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": "Precision and recall over psi" });
    for (const share of [0, 0.5, 1]) {
      drawing.append(svg("line", { class: "grid", x1: LEFT, x2: WIDE, y1: up(share), y2: up(share) }));
      drawing.append(svg("text", { x: LEFT - 5, y: up(share) + 4, "text-anchor": "end" }, percent(share)));
      drawing.append(svg("text", { x: across(share), y: HIGH - 4, "text-anchor": "middle" }, `ψ ${share}`));
    }
    for (const [name, values] of Object.entries({ precision, recall })) {
      drawing.append(svg("polyline", { class: name, points: psi.map((at, k) => `${across(at)},${up(values[k])}`).join(" ") }));
    }
    this.mark = svg("line", { class: "mark", y1: up(1), y2: up(0) });
    drawing.append(this.mark);
    const key = (name, words) => h("span", { class: name }, h("i"), words);
    const caption = h("figcaption", {}, key("precision", "precision: generated pictures that look like real ones"),
      key("recall", "recall: real pictures that it could have made"), `of ${n} each`);
    this.chart.replaceChildren(drawing, caption);
    this.fill();
  }

  destroy() {
    clearTimeout(this.timer);
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
