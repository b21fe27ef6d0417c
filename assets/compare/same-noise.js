// The same noise through several generators: a row of pictures a run, a column a z.

import { Newest } from "../base/http.js";
import { drawSheet } from "../base/canvas.js";
import { ClassChoice } from "../base/class-choice.js";
import { h, number } from "../base/dom.js";
import { anySeed, drawVectors, pack } from "../base/latent.js";
import { generators } from "../engine/page.js";

const COUNT = 12;
const LOOK = 2000; // ms between two looks for newer weights
const SELDOM = 5; // of so many looks one is taken when nothing trains the run
const APART = 0x9e3779b1; // between the seeds of two columns
const POINTS = "This run makes points of the plane, not pictures: its grid above shows them all.";
const COMING = "No generator yet: its pictures come with the first step.";
const TRANSLATED = "This run makes one picture from another, not from noise: see its grid above.";

/** `count` z of `length` numbers. The same seed begins them alike at any length: a shorter one is the longer one cut. */
export function noise(seed, count, length) {
  return Array.from({ length: count }, (_, k) => drawVectors((seed + k * APART) >>> 0, 1, length)[0]);
}

/** All rows, the button that draws other noise, of which `changed(seed)` hears, and the class, of which `picked()` does. */
export class SameNoise {
  constructor(seed, changed, picked = () => {}) {
    this.seed = seed;
    this.changed = changed;
    this.rows = new Map();
    const shuffle = h("button", { type: "button", class: "base-now" }, "Other noise");
    shuffle.addEventListener("click", () => this.shuffle());
    this.note = h("span", { class: "compare-facts compare-note" });
    this.body = h("div", { class: "compare-strips", "data-testid": "compare-strips" });
    this.choice = new ClassChoice(() => {
      this.rows.forEach((row) => row.ask());
      picked();
    });
    const title = h("b", {}, "The same noise through each");
    const head = h("div", { class: "compare-head" }, title, shuffle, this.choice.element, this.note);
    this.element = h("div", { class: "compare-same" }, head, this.body);
    this.timer = setInterval(() => this.look(), LOOK);
  }

  /** Which runs, as { id, name, points, from_source, z_dim, snapshots, classes }, in this order. */
  set(runs) {
    const most = (a, b) => ((b.classes ?? []).length > a.length ? b.classes : a);
    this.choice.set(runs.reduce(most, []));
    const wanted = new Set(runs.map(({ id }) => id));
    for (const [id, row] of this.rows) {
      if (wanted.has(id)) continue;
      row.destroy();
      this.rows.delete(id);
    }
    for (const run of runs) {
      if (this.rows.has(run.id)) this.rows.get(run.id).run = run;
      else this.rows.set(run.id, new Row(run, this.seed, this.choice));
    }
    this.body.replaceChildren(...runs.map(({ id }) => this.rows.get(id).element));
    const sizes = [...new Set(runs.filter((run) => !run.points && !run.from_source).map(({ z_dim }) => z_dim))];
    this.note.textContent =
      sizes.length < 2
        ? ""
        : `The shorter z (${Math.min(...sizes)} numbers) is the start of the longer one (${Math.max(...sizes)}).`;
  }

  /** The row of a run, to tell it its colour, its status and the step to show. */
  row(id) {
    return this.rows.get(id);
  }

  shuffle() {
    this.seed = anySeed();
    for (const row of this.rows.values()) row.reseed(this.seed);
    this.changed(this.seed);
  }

  look() {
    this.looks = (this.looks ?? 0) + 1;
    if (document.hidden) return;
    for (const row of this.rows.values()) row.look(this.looks % SELDOM === 0);
  }

  destroy() {
    clearInterval(this.timer);
    for (const row of this.rows.values()) row.destroy();
  }
}

/** What one run makes of the noise. */
class Row {
  constructor(run, seed, choice) {
    this.run = run;
    this.choice = choice;
    this.seed = seed;
    this.step = null;
    this.status = "";
    this.swatch = h("i", { class: "compare-swatch" });
    this.name = h("b");
    this.facts = h("span", { class: "compare-facts" });
    this.message = h("p", { class: "compare-message", role: "status", hidden: true });
    this.cells = Array.from({ length: COUNT }, () => h("canvas", { width: 1, height: 1 }));
    this.pictures = h("span", { class: "compare-cells", role: "img", hidden: true }, ...this.cells);
    const name = h("span", { class: "compare-name" }, this.swatch, this.name);
    const about = h("div", { class: "compare-about" }, name, this.facts);
    this.element = h("div", { class: "compare-row", "data-run": run.id }, about, this.pictures, this.message);
    this.asker = new Newest({
      question: () => this.question(),
      answered: (answer) => this.paint(answer),
      told: (sentence, status) => this.tell(sentence, status),
      here: generators,
    });
    this.silent = run.points || run.from_source; // nothing to ask it for
    this.made = false; // whether it has a generator yet
    this.tell(run.points ? POINTS : run.from_source ? TRANSLATED : "");
  }

  /** How the row is labelled, whether its generator may get newer, and whether it has drawn anything yet. */
  label(colour, status, drew) {
    if (drew && !this.made) {
      this.made = true;
      this.ask();
    }
    if (!this.made && !this.silent && status && status !== "loading") this.tell(COMING);
    this.swatch.style.background = colour;
    this.name.textContent = this.run.name;
    this.status = status;
  }

  /** Shows the newest generator, or the snapshot nearest before `step`. */
  go(step) {
    const kept =
      step === null ? null : (this.run.snapshots.findLast((at) => at <= step) ?? this.run.snapshots[0] ?? null);
    if (kept === this.step) return;
    this.step = kept;
    this.ask();
  }

  reseed(seed) {
    this.seed = seed;
    this.ask();
  }

  ask() {
    if (!this.silent && this.made) this.asker.ask();
  }

  /** Newer weights come by themselves: soon while the run trains, now and then otherwise. */
  look(seldom) {
    if (this.silent || !this.made || this.step !== null) return;
    if (this.status === "training" || seldom) this.asker.look();
  }

  question() {
    const { id, z_dim, classes = [] } = this.run;
    const model = this.step === null ? id : `${id}@${this.step}`;
    const asked = this.choice.query(classes.length);
    return { url: `/api/models/${model}/images?kind=z${asked}`, body: pack(noise(this.seed, COUNT, z_dim)) };
  }

  paint(answer) {
    this.cells.forEach((cell, k) => drawSheet(cell, answer, k, 1, 1, 0));
    this.pictures.hidden = false;
    this.pictures.setAttribute("aria-label", `What ${this.run.name} makes of the noise at step ${number(answer.step)}`);
    this.pictures.dataset.seed = this.seed;
    this.pictures.dataset.step = answer.step;
    this.pictures.dataset.by = answer.here ? "page" : "server";
    this.facts.textContent = `step ${number(answer.step)}`;
  }

  /** What went wrong; a snapshot that was thinned out meanwhile gives way to the one before. */
  tell(sentence, status) {
    if (status === 404 && this.step !== null) {
      const gone = this.step;
      this.run.snapshots = this.run.snapshots.filter((at) => at !== gone);
      return this.go(gone);
    }
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
    if (sentence && status) this.pictures.hidden = true; // what is there belongs to another question
  }

  destroy() {
    this.asker.stop();
  }
}
