// The Explore tab: one sample with its neighbours, sliders and a pad that move it while they are dragged.
import { Choosing } from "./choosing.js";
import { Closer } from "./closer.js";
import { Copier } from "./copier.js";
import { Directions, described } from "./directions.js";
import { h, say } from "./dom.js";
import { Drawing } from "./drawing.js";
import { Film } from "./film.js";
import { Label } from "./label.js";
import { fromText } from "./latent.js";
import { Measuring } from "./measuring.js";
import { Moment } from "./moment.js";
import { Neighbours } from "./neighbours.js";
import { Notice } from "./notice.js";
import { Pad } from "./pad.js";
import { Pins } from "./pins.js";
import { Points } from "./points.js";
import { Raw } from "./raw.js";
import { Reading } from "./reading.js";
import { Sliders } from "./sliders.js";
import { anySeed, REACH, Spot } from "./spot.js";
import { Truncation } from "./truncation.js";

const LOOK = 1000; // ms between two looks for newer weights
const GONE = "The step of the link is not kept: this is the newest generator.";
const TORN = "The z of the link cannot be read: this is another sample.";
const BACK = 50; // places that are remembered
const BEHIND = 100; // ms that sliders wait for the picture they belong to: one frame of the page for both

export default function explorer(root, studio) {
  return new Explorer(root, studio);
}

class Explorer {
  constructor(root, studio) {
    const { id, z_dim, points, linked, sliders } = studio.data;
    Object.assign(this, { root, studio, past: [], panels: [] });
    this.directions = new Directions(id, z_dim);
    this.spot = new Spot(z_dim, this.directions.vector);
    this.plain = points || !linked; // numbers of z instead of directions
    this.notice = new Notice();
    this.drawing = new Drawing(this);
    this.build(points, sliders);
    this.begin(studio.query);
    this.onkey = (event) => this.key(event);
  }

  // --- what is on the page

  build(points, sliders) {
    this.one = h("canvas", { width: 28, height: 28, role: "img", "data-part": "one", "aria-label": "The picture of z" });
    this.overlay = h("canvas", { class: "over", hidden: true, "aria-hidden": "true" });
    this.raw = new Raw(this, sliders);
    this.moment = new Moment(this);
    this.panels.push(this.drawing, this.notice, this.raw, this.moment);
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
    this.panel.append(this.moment.element, this.drawing.status, copier.field);
    this.root.append(this.bench, this.notice.element);
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
    this.psiNote = this.folds.psi.firstChild.appendChild(h("small"));
    for (const folded of Object.values(this.folds)) folded.ontoggle = () => this.fill();
    this.bench.append(this.pad.element, h("div", { class: "more" }, ...Object.values(this.folds)));
    this.pad.save.onclick = () => this.drawing.save();
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
    row.append(button("reset", "Reset", () => this.reset(), "Every slider to zero, ψ to 1"));
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
    if (query.has("step") && this.studio.step === null) this.notice.tell(GONE);
    if (query.has("z") && !fromText(query.get("z"), this.spot.z_dim)) this.notice.tell(TORN);
    if (this.plain) return;
    await this.measuring.measure();
    if (this.ready) return;
    this.ready = true;
    this.drawing.ask();
  }

  show() {
    this.timer ??= setInterval(() => this.ready && this.drawing.look(), LOOK);
    document.addEventListener("keydown", this.onkey);
    this.fill();
    if (this.ready) this.drawing.ask();
  }

  hide() {
    this.still();
    clearInterval(this.timer);
    this.timer = null;
    document.removeEventListener("keydown", this.onkey);
  }

  destroy() {
    this.hide();
    clearTimeout(this.behind);
    this.directions.stop();
    for (const panel of this.panels) panel.destroy?.();
    this.root.replaceChildren();
    this.gone = true;
  }

  // --- what hands do

  pin() {
    this.still();
    if (!this.pins.add(this.spot.z())) return this.notice.tell("There is room for 24 pins: remove one first.");
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
    this.touched = true;
    this.stir();
    this.behind ??= setTimeout(() => this.fill(), BEHIND);
    this.drawing.ask();
    this.write();
  }

  /** What was said of the sample is not of this one. */
  stir() {
    for (const panel of this.panels) panel.stir?.();
  }

  /** Other directions than before. */
  remeasured() {
    this.drawing.sheetOf = null;
    this.fill();
    if (this.ready) this.drawing.ask();
  }

  // --- pictures

  /** Whether the pad has two directions to show. */
  axed() {
    return Boolean(this.axes?.every((name) => this.directions.vector(name)));
  }

  get answer() {
    return this.drawing.answer;
  }

  /** The finger has come to rest: what is said of the sample may be asked for. */
  rested(answer) {
    if (this.film?.playing) return;
    for (const panel of this.panels) panel.rested?.(answer);
    if (this.touched) this.write(); // which directions a link may name depends on what is on screen
  }

  // --- the present state

  fill() {
    clearTimeout(this.behind);
    this.behind = null;
    const { spot, directions, pad } = this;
    this.backButton.disabled = !this.past.length;
    this.resetButton.disabled = spot.isHome;
    if (this.sliders) {
      say(this.psiNote, spot.psi === 1 ? "" : ` · ψ is ${spot.psi.toFixed(2)}: z is drawn to the middle`);
      this.settle();
      const value = (name) => spot.values.get(name) ?? 0;
      const shown = directions.shown(spot.values);
      this.sliders.fill(shown.map((direction) => ({ ...described(direction), value: value(direction.name) })));
      const axes = this.axed() && this.axes.map((name) => described(directions.find(name)));
      pad.fill(axes, directions.list.map(described), this.axes?.map(value), directions.why);
    }
    for (const panel of this.panels) {
      if (!panel.element?.closest("details:not([open])")) panel.fill?.(); // what is folded away waits
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
}

/** A closed part of the page with a name. */
function fold(name, title, ...inside) {
  return h("details", { "data-fold": name }, h("summary", {}, title), ...inside);
}
