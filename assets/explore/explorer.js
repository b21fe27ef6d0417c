// The Explore tab: one sample with its neighbours, sliders and a pad that move it while they are dragged.
import { Choosing } from "./choosing.js";
import { Overlays } from "./overlays.js";
import { Directions, described } from "./directions.js";
import { focusedIn, h, say } from "../base/dom.js";
import { Drawing } from "./drawing.js";
import { Film } from "./film.js";
import { GiveMe } from "./give-me.js";
import { Label } from "./label.js";
import { Words } from "./words.js";
import { anySeed } from "../base/latent.js";
import { explained } from "../base/terms.js";
import { LinkCopier } from "../base/link-copier.js";
import { Measuring } from "./measuring.js";
import { SnapshotSlider } from "./snapshot-slider.js";
import { Mixing } from "./mixing.js";
import { Neighbours } from "./neighbours.js";
import { Notice } from "./notice.js";
import { Pad } from "./pad.js";
import { Pins } from "./pins.js";
import { Points } from "./points.js";
import { ZBars } from "./z-bars.js";
import { Sliders } from "./sliders.js";
import { REACH, LatentState } from "./latent-state.js";
import { Truncation } from "./truncation.js";
import { Verdict } from "./verdict.js";

const LOOK = 1000; // ms between two looks for newer weights
const GONE = "The step of the link is not kept: this is the latest generator.";
const TORN = "The z of the link cannot be read: this is another sample.";
const BACK = 50; // places that are remembered
const BEHIND = 100; // ms that sliders wait for the picture they belong to: one frame of the page for both

/**
 * A part of the Explore tab. Explorer calls what it has; nobody else does.
 * @typedef {object} Panel
 * @property {HTMLElement} [element] what stands on the page; inside a closed fold it is not filled
 * @property {() => void} [fill] shows the present state: sliders, numbers, which buttons make sense
 * @property {() => void} [invalidate] the sample moves: what was said of it is not of this one
 * @property {(answer: import("../base/http.js").Pictures) => void} [idle] the finger has come to rest: a moment to ask
 *   about the sample, the first picture of the answer
 * @property {() => void} [destroy] ends timers and questions
 */

/**
 * The module of the tab, as shell.js loads those of the others.
 * @param {HTMLElement} root
 * @param {any} context what all tabs have in common
 */
export default function explorer(root, context) {
  return new Explorer(root, context);
}

class Explorer {
  constructor(root, context) {
    const { id, z_dim, w_dim = 0, points, linked, sliders } = context.data;
    this.root = root;
    this.context = context;
    this.past = [];
    /** @type {Panel[]} */
    this.panels = [];
    this.directions = new Directions(id, z_dim + w_dim);
    this.latent = new LatentState(z_dim, this.directions.vector, w_dim);
    this.plain = points || !linked; // numbers of z instead of directions
    this.notice = new Notice();
    this.drawing = new Drawing(this);
    this.build(points, sliders);
    this.begin(context.asked);
    this.onkey = (event) => this.key(event);
  }

  // --- what is on the page

  build(points, sliders) {
    this.one = h("canvas", {
      width: 28,
      height: 28,
      role: "img",
      "data-part": "one",
      "aria-label": "The picture of z",
    });
    this.overlay = h("canvas", { class: "over", hidden: true, "aria-hidden": "true" });
    this.zBars = new ZBars(this, sliders);
    this.snapshotSlider = new SnapshotSlider(this);
    this.panels.push(this.drawing, this.notice, this.zBars, this.snapshotSlider);
    this.sample = h("figure", { class: "explore-one" }, h("div", { class: "explore-frame" }, this.one, this.overlay));
    this.stage = h("div", { class: "explore-stage" }, this.sample);
    this.panel = h("div", { class: "explore-panel" }, this.actions());
    this.bench = h("div", { class: "explore-bench" }, this.stage, this.panel);
    if (points) {
      this.points = new Points(this);
      this.stage.append(this.points.element);
    } else {
      this.neighbours = new Neighbours(this);
      this.panels.push(this.neighbours);
      this.stage.append(this.neighbours.element);
    }
    if (this.plain) this.panel.append(this.zBars.element);
    else this.buildAll();
    const copier = new LinkCopier("Copy link", "Link to this view", () => (this.write(), this.context.url()));
    copier.button.classList.add("quiet");
    this.snapshotSlider.element.append(
      h("div", { class: "explore-actions" }, this.snapshotSlider.freeze, copier.button),
    );
    this.panel.append(this.snapshotSlider.element, this.drawing.status, copier.field);
    this.root.append(this.bench, this.notice.element);
  }

  /** What only the page itself has, not the small views beside lessons. */
  buildAll() {
    this.sliders = new Sliders(REACH, (name, value) => this.slide([[name, value]]));
    this.measuring = new Measuring(this);
    this.classes = new Label(this);
    this.words = new Words(this);
    this.pad = new Pad(
      (x, y) =>
        this.slide([
          [this.axes[0], x],
          [this.axes[1], y],
        ]),
      (across, up) => this.turn([across, up]),
      () => this.changed(),
    );
    this.verdict = new Verdict(this);
    this.overlays = new Overlays(this);
    this.pins = new Pins(this, () => this.fill());
    this.give = new GiveMe(this, "Give me a", (z) => this.go(z));
    this.givePin = new GiveMe(this, "Pin a", (z) => this.pins.add(z));
    this.panels.push(this.give, this.givePin);
    this.film = new Film(this, this.pins);
    this.choosing = new Choosing(this, this.pins);
    this.truncation = new Truncation(this);
    this.mixing = this.context.data.layers?.length ? new Mixing(this) : null;
    this.panels.push(this.classes, this.words, this.measuring, this.verdict, this.overlays);
    this.panels.push(this.pins, this.film, this.choosing, this.truncation);
    if (this.mixing) this.panels.push(this.mixing);
    this.sample.after(this.verdict.element);
    this.stage.append(this.overlays.element, this.overlays.key); // last: nothing moves when they come
    this.panel.append(
      this.give.element,
      this.classes.element,
      this.words.element,
      this.sliders.element,
      h("p", { class: "explore-words" }, ...explained("What is z, what is R², what is SeFa, what is ψ?")),
      this.measuring.element,
      this.overlays.buttons,
    );
    this.folds = {
      pins: fold("pins", "Pins and film", this.givePin.element, this.pins.element, this.film.element),
      directions: fold("directions", "More directions", this.choosing.element),
      raw: fold("raw", "Raw z: every number", this.zBars.element),
      psi: fold("psi", "Truncation: typical or varied", this.truncation.element),
    };
    if (this.mixing)
      this.folds.mixing = fold("mixing", "Style mixing: the shape of one, the stroke of another", this.mixing.element);
    this.psiNote = this.folds.psi.firstChild.appendChild(h("small"));
    for (const folded of Object.values(this.folds)) folded.ontoggle = () => this.fill();
    this.bench.append(this.pad.element, h("div", { class: "explore-more" }, ...Object.values(this.folds)));
    this.pad.save.onclick = () => this.drawing.save();
    this.pins.build();
  }

  actions() {
    const button = (name, title, act, hint = "") => {
      const made = h("button", { type: "button", "data-part": name, title: hint }, title);
      made.onclick = act;
      return made;
    };
    const shuffle = button("shuffle", "Shuffle", () => this.shuffle(), "Other noise (space)");
    shuffle.classList.add("first");
    this.backButton = button("back", "Back", () => this.back(), "Where you were before");
    this.resetButton = button("reset", "Reset", () => this.reset(), "Every slider to zero, ψ to 1");
    const row = h("div", { class: "explore-actions" });
    row.append(shuffle);
    if (this.context.data.linked && !this.plain)
      row.append(button("pin", "Pin", () => this.pin(), "Keep this sample (p)"));
    row.append(this.backButton, this.resetButton);
    return row;
  }

  // --- its life

  /** The state of a link, or a fresh one. */
  async begin(asked) {
    this.latent.fromLink(asked);
    const axes = asked.pad.split("*");
    this.axes = axes.length === 2 && axes[0] !== axes[1] ? axes : null;
    this.label = asked.class;
    this.words?.set(asked.words);
    this.ready = this.plain || !this.latent.values.size; // a link's directions come before its picture
    if (asked.step && this.context.step === null) this.notice.tell(GONE);
    if (asked.z && !this.latent.parse(asked.z)) this.notice.tell(TORN);
    if (this.plain) return;
    if (this.context.data.shape) await this.measuring.measure();
    else this.measuring.tried = null; // with its first picture
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
    if (!this.pins.add(this.latent.z())) return this.notice.tell("There is room for 24 pins: remove one first.");
    this.folds.pins.open = true;
  }

  slide(moves) {
    this.still();
    for (const [name, value] of moves) this.latent.slide(name, value);
    this.changed();
  }

  set(i, value) {
    this.still();
    this.latent.set(i, value);
    this.changed();
  }

  turn(axes) {
    this.axes = axes;
    this.changed();
  }

  shuffle() {
    this.remember();
    this.latent.draw(anySeed());
    this.changed();
  }

  visit(k) {
    if (!this.answer) return;
    this.remember();
    this.latent.draw(anySeed(), this.latent.baseOf(k));
    this.changed();
  }

  /** Stands at this z, every direction at zero. */
  go(z) {
    this.remember();
    this.latent.go(anySeed(), z);
    this.changed();
  }

  reset() {
    this.remember();
    this.latent.reset();
    this.changed();
  }

  /** A film stops where it is as soon as hands act. */
  still() {
    this.film?.stop();
  }

  remember() {
    this.still();
    this.past = [...this.past.slice(1 - BACK), this.latent.memory()];
  }

  back() {
    this.still();
    const memory = this.past.pop();
    if (!memory) return;
    this.latent.restore(memory);
    this.changed();
  }

  /** Space where nothing has the keyboard; p where it is not needed for writing. */
  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented || !this.context.data.linked) return;
    const at = focusedIn(this.root) ?? document.activeElement;
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
    this.latent.rename(name, other);
    this.axes = this.axes?.map((axis) => (axis === name ? other : axis));
    this.changed();
  }

  forget(name) {
    this.measuring.applyPermanently([name]);
    this.directions.remove(name);
    this.changed();
  }

  changed() {
    this.touched = true;
    this.invalidate();
    this.behind ??= setTimeout(() => this.fill(), BEHIND);
    this.drawing.ask();
    this.write();
  }

  /** What was said of the sample is not of this one. */
  invalidate() {
    for (const panel of this.panels) panel.invalidate?.();
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
  idle(answer) {
    if (this.film?.playing) return;
    for (const panel of this.panels) panel.idle?.(answer);
    if (this.touched) this.write(); // which directions a link may name depends on what is on screen
  }

  // --- the present state

  fill() {
    clearTimeout(this.behind);
    this.behind = null;
    const { latent, directions, pad } = this;
    this.backButton.disabled = !this.past.length;
    this.resetButton.disabled = latent.isHome;
    if (this.sliders) {
      say(
        this.psiNote,
        latent.psi === 1
          ? ""
          : ` · ψ is ${latent.psi.toFixed(2)}: ${this.context.data.w_dim ? "w" : "z"} is drawn to ${this.middle()}`,
      );
      this.settle();
      const value = (name) => latent.values.get(name) ?? 0;
      const shown = directions.shown(latent.values);
      this.sliders.fill(shown.map((direction) => ({ ...described(direction), value: value(direction.name) })));
      const axes = this.axed() && this.axes.map((name) => described(directions.find(name)));
      pad.fill(axes, directions.list.map(described), this.axes?.map(value), directions.why);
    }
    for (const panel of this.panels) {
      if (!panel.element?.closest("details:not([open])")) panel.fill?.(); // what is folded away waits
    }
  }

  /** What a caption adds to a question for pictures; "" without one. */
  get caption() {
    return this.words?.query ?? "";
  }

  /** What psi draws to, in words. */
  middle() {
    const nearest = this.context.data.w_dim && this.latent.centre === "nearest";
    return nearest ? "the nearest of several centres" : "the middle";
  }

  /** Axes for the pad where the link names none that are there. */
  settle() {
    if (this.axed() || this.directions.list.length < 2) return;
    this.axes = this.directions.list.slice(0, 2).map(({ name }) => name);
  }

  /** What the address is to hold. */
  state() {
    const { latent, context, directions, axes, answer } = this;
    const same = directions.step !== null && directions.step === answer?.step;
    const named = (name) => same && directions.find(name)?.kind !== "own";
    return {
      ...latent.toLink(named),
      step: context.step,
      pad: this.axed() ? axes.join("*") : null,
      class: context.data.n_classes ? this.label : null,
      words: this.words?.text || null,
    };
  }

  write() {
    this.context.link(this.state());
  }
}

/** A closed part of the page with a name. */
function fold(name, title, ...inside) {
  return h("details", { "data-fold": name }, h("summary", {}, title), ...inside);
}
