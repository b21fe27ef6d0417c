// The Explore tab: one sample with its neighbours, sliders and a pad that move it while they are dragged.
import { Asker } from "./asking.js";
import { drawSheet } from "./canvases.js";
import { Choosing } from "./choosing.js";
import { Closer } from "./closer.js";
import { Copier } from "./copier.js";
import { Directions, described } from "./directions.js";
import { h, number } from "./dom.js";
import { Film } from "./film.js";
import { download } from "./keeping.js";
import { Label } from "./label.js";
import { pack } from "./latent.js";
import { Measuring } from "./measuring.js";
import { Moment } from "./moment.js";
import { Neighbours } from "./neighbours.js";
import { Pad, SIDE } from "./pad.js";
import { Pins } from "./pins.js";
import { Points } from "./points.js";
import { Raw } from "./raw.js";
import { Reading } from "./reading.js";
import { Sliders } from "./sliders.js";
import { anySeed, REACH, Spot } from "./spot.js";
import { Truncation } from "./truncation.js";

const LOOK = 1000; // ms between two looks for newer weights
const SELDOM = 5; // of so many looks one is taken when the run has ended
const REST = 150; // ms until a finger has come to rest
const TELL = 6000; // ms that a sentence stays
const BACK = 50; // places that are remembered

export default function explorer(root, studio) {
  return new Explorer(root, studio);
}

class Explorer {
  constructor(root, studio) {
    const { id, z_dim, points, linked, sliders } = studio.data;
    Object.assign(this, { root, studio, past: [], panels: [], answer: null, sheetOf: null });
    this.directions = new Directions(id, z_dim);
    this.spot = new Spot(z_dim, this.directions.vector);
    this.plain = points || !linked; // numbers of z instead of directions
    this.asker = new Asker(
      (newer) => this.question(newer),
      (answer) => this.paint(answer),
      (sentence) => this.trouble(sentence),
    );
    this.build(points, sliders);
    this.begin(studio.query);
    this.onkey = (event) => this.key(event);
  }

  // --- what is on the page

  build(points, sliders) {
    this.one = h("canvas", { width: 28, height: 28, role: "img", "data-part": "one", "aria-label": "The picture of z" });
    this.overlay = h("canvas", { class: "over", hidden: true, "aria-hidden": "true" });
    this.message = h("p", { class: "message", "data-part": "message", role: "status", hidden: true });
    this.status = h("p", { class: "status", "data-part": "status" });
    this.raw = new Raw(this, sliders);
    this.moment = new Moment(this);
    this.panels.push(this.raw, this.moment);
    this.sample = h("figure", { class: "one" }, h("div", { class: "frame" }, this.one, this.overlay));
    this.stage = h("div", { class: "stage" }, this.sample);
    this.panel = h("div", { class: "panel" }, this.actions());
    this.bench = h("div", { class: "bench" }, this.stage, this.panel);
    if (points) {
      this.points = new Points(this);
      this.stage.append(this.points.element);
    } else {
      this.neighbours = new Neighbours(this);
      this.panels.push(this.neighbours);
      this.stage.append(this.neighbours.element);
    }
    if (this.plain) this.panel.append(this.raw.element);
    else this.furnish();
    const copier = new Copier(this);
    this.moment.element.append(h("div", { class: "actions" }, this.moment.freeze, copier.button));
    this.panel.append(this.moment.element, this.status, copier.field);
    this.root.append(this.bench, this.message);
  }

  /** What only the page itself has, not the small views beside lessons. */
  furnish() {
    this.sliders = new Sliders(REACH, (name, value) => this.slide([[name, value]]));
    this.measuring = new Measuring(this);
    this.classes = new Label(this);
    this.pad = new Pad(
      (x, y) => this.slide([[this.axes[0], x], [this.axes[1], y]]),
      (across, up) => this.turn([across, up]),
    );
    this.reading = new Reading(this);
    this.closer = new Closer(this);
    this.pins = new Pins(this, () => this.fill());
    this.film = new Film(this, this.pins);
    this.choosing = new Choosing(this, this.pins);
    this.truncation = new Truncation(this);
    this.panels.push(this.classes, this.measuring, this.reading, this.closer);
    this.panels.push(this.pins, this.film, this.choosing, this.truncation);
    this.sample.append(this.closer.element);
    this.sample.after(this.reading.element, this.closer.key);
    this.panel.append(this.classes.element, this.sliders.element, this.measuring.element, this.closer.buttons);
    this.folds = {
      pins: fold("pins", "Pins and film", this.pins.element, this.film.element),
      directions: fold("directions", "More directions", this.choosing.element),
      raw: fold("raw", "Raw z: every number", this.raw.element),
      psi: fold("psi", "Truncation: typical or varied", this.truncation.element),
    };
    for (const folded of Object.values(this.folds)) folded.ontoggle = () => this.fill();
    this.bench.append(this.pad.element, h("div", { class: "more" }, ...Object.values(this.folds)));
    this.pad.save.onclick = () => this.saveSheet();
    this.pins.build();
  }

  actions() {
    const button = (name, title, act, hint = "") => {
      const made = h("button", { type: "button", "data-part": name, title: hint }, title);
      made.onclick = act;
      return (this[`${name}Button`] = made);
    };
    const row = h("div", { class: "actions" });
    row.append(button("shuffle", "Shuffle", () => this.shuffle(), "Other noise (space)"));
    this.shuffleButton.classList.add("first");
    if (this.studio.data.linked && !this.plain) row.append(button("pin", "Pin", () => this.pin(), "Keep this sample (p)"));
    row.append(button("back", "Back", () => this.back(), "Where you were before"));
    row.append(button("reset", "Reset", () => this.reset(), "Every slider to zero"));
    return row;
  }

  // --- its life

  /** The state of a link, or a fresh one. */
  async begin(query) {
    this.spot.fromLink(query);
    const axes = (query.get("pad") ?? "").split("*");
    this.axes = axes.length === 2 && axes[0] !== axes[1] ? axes : null;
    this.label = Math.max(0, Math.floor(Number(query.get("class") ?? 0)) || 0);
    this.ready = this.plain || !this.spot.values.size; // a link's directions come before its picture
    if (query.has("step") && this.studio.step === null) this.tell("The step of the link is not kept any more: this is the newest generator.");
    if (this.plain) return;
    await this.measuring.measure();
    if (this.ready) return;
    this.ready = true;
    this.asker.ask();
  }

  show() {
    this.timer ??= setInterval(() => this.look(), LOOK);
    document.addEventListener("keydown", this.onkey);
    this.fill();
    if (this.ready) this.asker.ask();
  }

  hide() {
    this.still();
    clearInterval(this.timer);
    this.timer = null;
    document.removeEventListener("keydown", this.onkey);
  }

  destroy() {
    this.hide();
    clearTimeout(this.resting);
    clearTimeout(this.telling);
    this.asker.stop();
    this.directions.stop();
    for (const panel of this.panels) panel.destroy?.();
    this.root.replaceChildren();
    this.gone = true;
  }

  // --- what hands do

  pin() {
    this.still();
    if (!this.pins.add(this.spot.z())) return this.tell("There is room for 24 pins: remove one first.");
    this.folds.pins.open = true;
  }

  slide(moves) {
    this.still();
    for (const [name, value] of moves) this.spot.slide(name, value);
    this.changed();
  }

  set(i, value) {
    this.still();
    this.spot.set(i, value);
    this.changed();
  }

  turn(axes) {
    this.axes = axes;
    this.changed();
  }

  shuffle() {
    this.remember();
    this.spot.draw(anySeed());
    this.changed();
  }

  visit(k) {
    if (!this.answer) return;
    this.remember();
    this.spot.draw(anySeed(), this.spot.baseOf(k));
    this.changed();
  }

  /** Stands at this z, every direction at zero. */
  go(z) {
    this.remember();
    this.spot.go(anySeed(), z);
    this.changed();
  }

  reset() {
    this.remember();
    this.spot.reset();
    this.changed();
  }

  /** A film stops where it is as soon as hands act. */
  still() {
    this.film?.stop();
  }

  remember() {
    this.still();
    this.past = [...this.past.slice(1 - BACK), this.spot.memory()];
  }

  back() {
    this.still();
    const memory = this.past.pop();
    if (!memory) return;
    this.spot.restore(memory);
    this.changed();
  }

  /** Space where nothing has the keyboard; p where it is not needed for writing. */
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented || !this.studio.data.linked) return;
    const at = this.root.getRootNode().activeElement ?? document.activeElement;
    const free = !at || at === document.body;
    const writes = at?.matches("textarea, select, input:not([type=range], [type=checkbox])");
    if (event.key === " " && free) this.shuffle();
    else if (event.key === "p" && !writes && !this.plain) this.pin();
    else return;
    event.preventDefault();
  }

  /** A direction of one's own gets another name, or goes; the sample stays. */
  rename(name, wanted) {
    const other = this.directions.rename(name, wanted);
    this.spot.rename(name, other);
    this.axes = this.axes?.map((axis) => (axis === name ? other : axis));
    this.changed();
  }

  forget(name) {
    this.measuring.bake([name]);
    this.directions.remove(name);
    this.changed();
  }

  changed() {
    this.fill();
    this.stir();
    this.asker.ask();
    this.write();
  }

  /** What was said of the sample is not of this one. */
  stir() {
    for (const panel of this.panels) panel.stir?.();
  }

  /** Other directions than before. */
  remeasured() {
    this.sheetOf = null;
    this.fill();
    if (this.ready) this.asker.ask();
  }

  // --- pictures

  /** The sample, its neighbours and, where it changes, the sheet; of a look for newer weights the sample alone. */
  question(newer) {
    const { spot, points } = this;
    const z = spot.z();
    const others = newer ? [] : points ? points.net(z) : spot.neighbours();
    const key = !newer && this.axed() ? this.sheetKey() : null;
    const sheet = key !== null && key !== this.sheetOf;
    const vectors = [z, ...others, ...(sheet ? spot.sheet(this.axes, SIDE) : [])];
    this.asked = { newer, z, others: others.length, sheet, key };
    return { url: this.address(), body: pack(spot.truncated(vectors)) };
  }

  /** Where pictures of the shown generator are asked for; `line` keeps questions apart that must not replace others. */
  address(line = "") {
    const { studio, label } = this;
    const about = studio.data.n_classes ? `&class=${Math.min(label, studio.data.n_classes - 1)}` : "";
    return `/api/models/${studio.model()}/images?kind=z&user=${studio.user}${line && `-${line}`}${about}`;
  }

  /** What else than z the pictures depend on. */
  drawnBy() {
    return [this.studio.model(), this.answer?.step, this.label, this.spot.psi].join("|");
  }

  /** Whether the pad has two directions to show. */
  axed() {
    return Boolean(this.axes?.every((name) => this.directions.vector(name)));
  }

  /** All that the sheet of the pad depends on. */
  sheetKey() {
    const { spot, axes, studio, label } = this;
    const rest = spot.active.filter(([name]) => !axes.includes(name));
    return [studio.model(), label, spot.psi, axes, this.directions.step, spot.base, rest].join("|");
  }

  paint(answer) {
    const { asked } = this;
    if (asked.newer) return void this.asker.ask(); // there are newer weights
    if (this.answer?.step !== answer.step) this.stir();
    this.answer = answer;
    if (this.points) {
      this.points.paint(answer, asked.z);
    } else {
      if (!this.film?.playing) drawSheet(this.one, answer, 0, 1, 1, 0);
      this.neighbours.paint(answer, 1);
    }
    if (asked.sheet) {
      this.pad.paint(answer, 1 + asked.others);
      Object.assign(this, { sheetOf: asked.key, sheetStep: answer.step });
    } else if (this.sheetOf && this.sheetStep !== answer.step) {
      this.sheetOf = null; // the weights were replaced in between
      this.asker.ask();
    }
    this.status.textContent = `Generator of step ${number(answer.step)}, ${Math.round(answer.took)} ms from your finger to the picture`;
    this.status.dataset.step = answer.step;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rested(), REST);
  }

  /** Newer weights of a run that trains come by themselves. */
  look() {
    this.looks = (this.looks ?? 0) + 1;
    if (document.hidden || this.studio.step !== null || !this.ready) return;
    if (this.studio.data.live || this.looks % SELDOM === 0) this.asker.look();
  }

  rested() {
    if (this.film?.playing) return;
    for (const panel of this.panels) panel.rested?.(this.answer);
  }

  // --- the present state

  fill() {
    const { spot, directions, pad } = this;
    this.backButton.disabled = !this.past.length;
    this.resetButton.disabled = spot.isHome;
    if (this.sliders) {
      this.settle();
      const rows = directions.shown(spot.values).map((direction) => ({ ...described(direction), value: spot.values.get(direction.name) ?? 0 }));
      this.sliders.fill(rows);
      const axes = this.axed() && this.axes.map((name) => described(directions.find(name)));
      pad.fill(axes, directions.list.map(described), this.axes?.map((name) => spot.values.get(name) ?? 0), directions.why);
    }
    for (const panel of this.panels) {
      if (!panel.element.closest("details:not([open])")) panel.fill?.(); // what is folded away waits
    }
  }

  /** Axes for the pad where the link names none that are there. */
  settle() {
    if (this.axed() || this.directions.list.length < 2) return;
    this.axes = this.directions.list.slice(0, 2).map(({ name }) => name);
  }

  /** What the address is to hold. */
  state() {
    const { spot, studio, directions, axes, answer } = this;
    const same = directions.step !== null && directions.step === answer?.step;
    const named = (name) => same && directions.find(name)?.kind !== "own";
    return {
      ...spot.toLink(named),
      step: studio.step,
      pad: this.axed() ? axes.join("*") : null,
      class: studio.data.n_classes ? this.label : null,
    };
  }

  write() {
    this.studio.link(this.state());
  }

  /** The sheet of the pad as a PNG. */
  async saveSheet() {
    const { spot, axes, studio } = this;
    const body = pack(spot.truncated(spot.sheet(axes, SIDE)));
    const name = `${studio.data.id}-${axes.join("-")}.png`.replace(/[^\w.-]+/g, "-");
    this.tell(await download(`${this.address("png")}&format=png&columns=${SIDE}`, body, name));
  }

  /** What the server's answers say; "" when all is well. */
  trouble(sentence) {
    this.wrong = sentence;
    this.speak();
  }

  /** Something to know, for a while. */
  tell(sentence) {
    clearTimeout(this.telling);
    this.said = sentence;
    if (sentence) this.telling = setTimeout(() => this.tell(""), TELL);
    this.speak();
  }

  speak() {
    const sentence = this.wrong || this.said || "";
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
  }
}

/** A closed part of the page with a name. */
export function fold(name, title, ...inside) {
  return h("details", { "data-fold": name }, h("summary", {}, title), ...inside);
}
