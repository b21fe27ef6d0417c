// Curves of one run on a canvas, with what was done to it and the step that is looked at.
import { resize } from "../base/canvas.js";
import { colour } from "../base/colours.js";
import { h, number } from "../base/dom.js";
import { choices } from "../base/tabs.js";
import { marksOf, trouble } from "../charts/events.js";
import { PANELS, has, resolved } from "../charts/panels.js";
import { smoothed, span } from "../charts/smooth.js";

const [LEFT, RIGHT, TOP, BOTTOM, GAP] = [48, 8, 8, 22, 26]; // px around and between axes
const HEIGHT = 240; // px of a chart with one axis
const MORE = 110; // px for each further one
const TICKS = 4;

export class Chart {
  constructor() {
    this.canvas = h("canvas", { role: "img", class: "watch-chart", "data-part": "chart" });
    this.legend = h("p", { class: "watch-legend", "data-part": "legend" });
    this.note = h("p", { class: "watch-note" });
    this.tabs = choices(
      "What the chart shows",
      PANELS.map(({ id, label }) => [id, label]),
      (id) => this.choose(id),
      "panel",
    );
    this.element = h("div", {}, this.tabs.element, this.legend, this.canvas, this.note);
    this.panel = PANELS[0];
    this.cursor = null;
    this.pointer = null;
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.canvas.onpointermove = ({ offsetX }) => this.point(offsetX);
    this.canvas.onpointerleave = () => this.point(null);
  }

  choose(id) {
    this.panel = PANELS.find((panel) => panel.id === id) ?? this.panel;
    this.tabs.press(this.panel.id);
    this.draw();
  }

  show(feed) {
    this.feed = feed;
    this.tabs.offer((id) =>
      has(
        feed,
        PANELS.find((panel) => panel.id === id),
      ),
    );
    if (!has(feed, this.panel)) this.panel = PANELS.find((panel) => has(feed, panel)) ?? this.panel;
    this.tabs.press(this.panel.id);
    this.draw();
  }

  look(step) {
    this.cursor = step;
    this.draw();
  }

  point(x) {
    this.pointer = x;
    this.draw();
  }

  draw() {
    const { canvas, feed } = this;
    const width = canvas.clientWidth;
    if (!feed || !width) return;
    const about = resolved(this.panel, [feed]);
    const { axes, lines } = about;
    const height = HEIGHT + MORE * (axes.length - 1);
    canvas.style.height = `${height}px`;
    const scale = devicePixelRatio;
    resize(canvas, Math.round(width * scale), Math.round(height * scale));
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = `12px ${getComputedStyle(canvas).fontFamily}`;
    const steps = feed.columns.step ?? [];
    const end = Math.max(1, steps.at(-1) ?? 1, this.cursor ?? 0);
    const x = (step) => LEFT + ((width - LEFT - RIGHT) * step) / end;
    const room = (height - TOP - BOTTOM - GAP * (axes.length - 1)) / axes.length;
    const ink = colour(canvas, "ink");
    axes.forEach((axis, k) => {
      const own = lines.filter(([, , , at = 0]) => at === k);
      this.axis(pen, { axis, own, steps, x, width, top: TOP + k * (room + GAP), room, ink, checks: about.checks });
    });
    pen.fillStyle = ink;
    pen.globalAlpha = 0.7;
    pen.textAlign = "left";
    pen.fillText("0", LEFT, height - 6);
    pen.textAlign = "right";
    pen.fillText(`step ${number(end)}`, width - RIGHT, height - 6);
    pen.globalAlpha = 1;
    this.marks(pen, x, height - BOTTOM, ink);
    this.read(lines, steps, (width - LEFT - RIGHT) / end);
    this.note.textContent = about.note;
    canvas.setAttribute("aria-label", `Chart: ${this.panel.label}`);
  }

  /** One axis with its lines: noisy ones pale and, over that, smoothed. */
  axis(pen, { axis, own, steps, x, width, top, room, ink, checks }) {
    const log = axis.type === "log";
    const value = (number) => (number === null || (log && number <= 0) ? null : log ? Math.log10(number) : number);
    const columns = own.map(([column]) => (this.feed.columns[column] ?? []).map(value));
    const all = columns.flat().filter((number) => number !== null);
    if (axis.ideal !== undefined) all.push(axis.ideal);
    let [low, high] = axis.range ?? reach(all);
    if (axis.rangemode === "tozero") [low, high] = [Math.min(0, low), Math.max(0, high)];
    if (low === high) high = low + 1;
    const y = (number) => top + room * (1 - (number - low) / (high - low));
    const title = typeof axis.title === "string" ? axis.title : axis.title([this.feed]);
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (let k = 0; k <= TICKS; k++) {
      const at = low + ((high - low) * k) / TICKS;
      pen.fillStyle = pen.strokeStyle = colour(this.canvas, "grid");
      pen.lineWidth = 1;
      pen.fillRect(LEFT, Math.round(y(at)), width - LEFT - RIGHT, 1);
      pen.fillStyle = ink;
      pen.globalAlpha = 0.7;
      pen.fillText(short(log ? 10 ** at : at), LEFT - 6, y(at));
      pen.globalAlpha = 1;
    }
    pen.textBaseline = "alphabetic";
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, top - 1, width - LEFT - RIGHT, room + 2);
    pen.clip();
    if (axis.ideal !== undefined) {
      pen.setLineDash([5, 4]);
      this.line(pen, [0, steps.at(-1) ?? 1], [axis.ideal, axis.ideal], x, y, ink, 1, 0.6);
      pen.setLineDash([]);
    }
    const smooth = checks ? 0 : span(steps.length);
    own.forEach(([, , role], k) => {
      const drawn = colour(this.canvas, role);
      this.line(pen, steps, columns[k], x, y, drawn, smooth ? 1 : 1.8, smooth ? 0.28 : 1, checks);
      if (smooth) this.line(pen, steps, smoothed(columns[k], smooth), x, y, drawn, 1.8, 1);
    });
    pen.restore();
    pen.textAlign = "left";
    pen.fillStyle = ink;
    pen.fillText(title, LEFT + 4, top + 12);
  }

  line(pen, steps, values, x, y, drawn, width, alpha, joined = false) {
    pen.strokeStyle = drawn;
    pen.lineWidth = width;
    pen.globalAlpha = alpha;
    pen.beginPath();
    let down = false;
    values.forEach((value, k) => {
      if (value === null) return void (down = down && joined);
      if (down) pen.lineTo(x(steps[k]), y(value));
      else pen.moveTo(x(steps[k]), y(value));
      down = true;
    });
    pen.stroke();
    pen.globalAlpha = 1;
  }

  /** What was done to the run, where trouble began, and the step that is looked at. */
  marks(pen, x, bottom, ink) {
    const upright = (step, drawn, width, text = "") => {
      pen.fillStyle = drawn;
      pen.fillRect(x(step) - width / 2, TOP, width, bottom - TOP);
      if (!text) return;
      pen.save();
      pen.translate(x(step) + (x(step) > this.canvas.clientWidth - 40 ? -5 : 12), bottom - 6);
      pen.rotate(-Math.PI / 2);
      pen.textAlign = "left";
      pen.fillText(text, 0, 0);
      pen.restore();
    };
    pen.globalAlpha = 0.55;
    for (const { at, text } of marksOf(this.feed)) upright(at.step, ink, 1, text);
    pen.globalAlpha = 1;
    const wrong = trouble(this.feed);
    if (wrong) upright(wrong.step, colour(this.canvas, wrong.level), 2, wrong.text);
    if (this.cursor !== null) upright(this.cursor, colour(this.canvas, "accent"), 2);
  }

  /** The names of the lines, with their values under the pointer. */
  read(lines, steps, scale) {
    const at = this.pointer === null ? null : (this.pointer - LEFT) / scale;
    const k = at === null ? -1 : steps.findLastIndex((step) => step <= at);
    const parts = lines.map(([column, name, role]) => {
      const value = k < 0 ? null : (this.feed.columns[column]?.[k] ?? null);
      const key = h("i");
      key.style.background = `var(--${role})`;
      return h("span", {}, key, value === null ? name : `${name} ${short(value)}`);
    });
    this.legend.replaceChildren(...parts, ...(k < 0 ? [] : [h("span", {}, `step ${number(steps[k])}`)]));
  }
}

/** Where values lie, without the few that stick out most. */
function reach(values) {
  if (!values.length) return [0, 1];
  const sorted = Float64Array.from(values).sort();
  const out = Math.floor(sorted.length / 200);
  const [low, high] = [sorted[out], sorted[sorted.length - 1 - out]];
  const edge = (high - low) * 0.06;
  return [low - edge, high + edge];
}

function short(value) {
  return Math.abs(value) >= 1000 ? number(value) : String(Number(value.toPrecision(3)));
}
