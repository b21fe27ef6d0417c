// The generator in hand: a sample, sliders for directions and for numbers of z, a walk, and a sheet to pick from.
import { drawSheet } from "../base/canvas.js";
import { h, number, say } from "../base/dom.js";
import { anySeed, drawVectors, moved, normals, pack, walk } from "../base/latent.js";
import { choices } from "../base/tabs.js";

const MANY = 24; // samples on the sheet
const COLUMNS = 8;
const NUMBERS = 8; // of z that have a slider
const REACH = 3;
const WALK = 0.03; // radians a frame
const DIRECTIONS = 8; // that are shown

export class Explore {
  /** @param {import("./painter.js").Painter} painter */
  constructor(painter) {
    this.painter = painter;
    this.canvas = h("canvas", {
      role: "img",
      "aria-label": "A generated sample",
      class: "watch-sample",
      "data-part": "sample",
    });
    this.sheet = h("canvas", { class: "watch-sheet", "data-part": "sheet", "aria-label": "Other samples: pick one" });
    this.sheet.onclick = (event) => this.pick(event);
    this.note = h("p", { role: "status", "data-part": "explore-note" });
    this.generator = h("select", { "aria-label": "Generator", "data-part": "generator" });
    this.generator.onchange = () => ((this.step = this.generator.value), this.refresh());
    const fresh = h("button", { type: "button", "data-part": "fresh" }, "New samples");
    fresh.onclick = () => this.deal();
    this.walking = h("button", { type: "button", "aria-pressed": "false", "data-part": "walk" }, "Walk");
    this.walking.onclick = () => this.roam(!this.roaming);
    this.sliders = h("div", { class: "watch-sliders" });
    this.numbers = h("details", {}, h("summary", {}, "Numbers of z"));
    this.why = h("p", { class: "watch-note" });
    this.label = h("div", {});
    const buttons = h(
      "div",
      { class: "watch-row" },
      fresh,
      this.walking,
      h("label", {}, "Generator of ", this.generator),
    );
    const controls = h("div", {}, buttons, this.label, this.sliders, this.why, this.numbers);
    this.stage = h("div", { class: "watch-explore" }, this.canvas, controls, this.sheet);
    this.element = h("div", {}, this.note, this.stage);
    this.step = ""; // the newest
    /** @type {Float32Array[]} */
    this.others = [];
    this.stage.hidden = true;
    new IntersectionObserver(([{ isIntersecting }]) => {
      this.seen = isIntersecting;
      if (isIntersecting) this.refresh();
      else this.roam(false);
    }).observe(this.element);
  }

  /** A sentence in place of samples. */
  tell(sentence) {
    say(this.note, sentence);
  }

  /** @param {any} feed @param {any} view what the page knows of the run; null before there is a generator */
  show(feed, view) {
    this.feed = feed;
    const steps = feed.generators.map(([step]) => step);
    const ready = Boolean(feed.program && view && steps.length);
    this.stage.hidden = !ready;
    if (!ready) return say(this.note, feed.why);
    if (!this.view) say(this.note, "");
    if (this.steps?.join() !== steps.join()) this.offer(steps);
    if (view !== this.view) this.prepare(view);
    this.refresh();
  }

  offer(steps) {
    this.steps = steps;
    const named = steps.slice(0, -1).map((step) => h("option", { value: step }, `step ${number(step)}`));
    this.generator.replaceChildren(...named, h("option", { value: "" }, `step ${number(steps.at(-1))}, the newest`));
    this.generator.value = steps.includes(Number(this.step)) && this.step !== "" ? this.step : "";
    this.step = this.generator.value;
  }

  prepare(view) {
    const first = !this.view;
    this.view = view;
    this.directions = view.directions.slice(0, DIRECTIONS);
    this.values = this.directions.map(() => 0);
    const rows = this.directions.map(({ name }, k) =>
      slider(name, -REACH, REACH, (value) => ((this.values[k] = value), this.refresh())),
    );
    this.sliders.replaceChildren(...rows.map(({ row }) => row));
    this.inputs = rows.map(({ input }) => input);
    say(this.why, view.directions_why ? `No directions: ${view.directions_why}.` : "");
    if (!first) return;
    const count = Math.min(NUMBERS, view.z_dim);
    this.own = Array.from({ length: count }, (_, k) =>
      slider(`z ${k + 1}`, -REACH, REACH, (value) => ((this.z[k] = value), this.refresh())),
    );
    this.numbers.append(...this.own.map(({ row }) => row));
    if (view.classes) {
      const options = view.names.slice(0, view.classes).map((name, k) => [String(k), name]);
      const classes = choices(
        "Class",
        options,
        (k) => (classes.press(k), (this.wanted = Number(k)), this.refresh()),
        "class",
      );
      classes.press("0");
      this.wanted = 0;
      this.label.replaceChildren(classes.element);
    }
    this.deal();
  }

  /** Other samples. */
  deal() {
    this.roam(false);
    const { z_dim, latent_dim } = this.view;
    const longer = (z) => Float32Array.from({ length: latent_dim }, (_, i) => z[i] ?? 0); // where there are styles
    [this.z, ...this.others] = drawVectors(anySeed(), MANY + 1, z_dim).map(longer);
    this.begin();
  }

  /** A sample as it is, with no direction taken. */
  begin() {
    this.values.fill(0);
    this.inputs.forEach((input) => (input.value = "0"));
    this.settle();
    this.refresh();
  }

  settle() {
    this.own.forEach(({ input }, k) => (input.value = String(this.z[k])));
  }

  pick({ offsetX, offsetY }) {
    const size = this.sheet.clientWidth / COLUMNS;
    const k = Math.floor(offsetY / size) * COLUMNS + Math.floor(offsetX / size);
    if (!this.others[k]) return;
    [this.z, this.others[k]] = [this.others[k], this.z];
    this.begin();
  }

  roam(on) {
    this.roaming = on;
    this.walking.setAttribute("aria-pressed", String(on));
    cancelAnimationFrame(this.frame);
    if (!on) return;
    const way = walk(this.z, () => WALK, normals(anySeed()), this.view.z_dim);
    const next = () => {
      this.frame = requestAnimationFrame(next); // none comes while the page is hidden
      if (this.drawing) return;
      this.z = way.next().value;
      this.settle();
      this.refresh();
    };
    next();
  }

  /** Draws what is wanted now; once what is under way is there, if that is another by then. */
  refresh() {
    this.due = true;
    if (!this.drawing && this.seen && this.view && !this.stage.hidden)
      this.drawing = this.paint().finally(() => (this.drawing = null));
  }

  async paint() {
    while (this.due) {
      this.due = false;
      const { feed, values, directions } = this;
      const weights = new Map(feed.generators).get(Number(this.step)) ?? feed.generators.at(-1)[1];
      const newest = this.step === "" ? feed.generators.at(-1)[1] : weights;
      const shifted = (z) =>
        directions.reduce((all, { vector }, k) => (values[k] ? moved(all, vector, values[k]) : all), z);
      try {
        const name = await this.painter.hold(feed.program, newest);
        const z = pack([this.z, ...this.others].map(shifted));
        const answer = await this.painter.draw(name, z, this.wanted, this.view.latent_dim > this.view.z_dim);
        drawSheet(this.canvas, answer, 0, 1, 1, 0);
        drawSheet(this.sheet, answer, 1, MANY, COLUMNS, 0);
        this.canvas.dataset.step = String(answer.step);
        say(this.note, "");
      } catch (error) {
        say(this.note, error.message);
      }
    }
  }
}

function slider(name, low, high, moves) {
  const input = h("input", {
    type: "range",
    min: low,
    max: high,
    step: "any",
    value: 0,
    "aria-label": name,
    "data-slider": name,
  });
  input.oninput = () => moves(Number(input.value));
  return { input, row: h("label", { class: "watch-slider" }, h("span", {}, name), input) };
}
