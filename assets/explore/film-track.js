// The track of a film: its pins, a scrubber along them, and a strip of what lies between.
import { drawSheet } from "../base/canvas.js";
import { h, percent } from "../base/dom.js";
import { Newest } from "../base/http.js";
import { angleOf, anySeed, pack, slerp } from "../base/latent.js";

const BETWEEN = 12; // pictures of the strip
const SHORTEST = 0.05; // radians that a turn counts at least, so that equal pins have a place of their own
const STEPS = 1000; // of the scrubber

export class FilmTrack {
  /** @param {any} explorer @param {() => Float32Array[]} keys of a film through pins; none of another */
  constructor(explorer, keys) {
    this.explorer = explorer;
    this.keys = keys;
    this.strip = h("canvas", {
      role: "img",
      "aria-label": `${BETWEEN} pictures along the film`,
      "data-part": "between",
    });
    const named = { "aria-label": "Place in the film", "data-part": "track" };
    this.range = h("input", { type: "range", min: 0, max: STEPS, step: 1, value: 0, ...named });
    this.range.oninput = () => this.scrub();
    this.range.onpointerdown = () => explorer.remember();
    this.marks = h("div", { class: "explore-track-pins", "aria-hidden": "true" });
    this.element = h("div", { class: "explore-track", hidden: true }, this.strip, this.range, this.marks);
    this.asker = new Newest({
      question: () => {
        const vectors = Array.from({ length: BETWEEN }, (_, k) => this.z(k / (BETWEEN - 1)));
        return { url: explorer.drawing.address("path"), body: pack(explorer.latent.truncated(vectors)) };
      },
      answered: (answer) => drawSheet(this.strip, answer, 0, answer.n, answer.n, 2),
    });
  }

  /** Takes up the pins of the film; draws only where they or the generator are others. */
  fill() {
    const keys = this.keys();
    this.element.hidden = keys.length < 2;
    if (this.element.hidden) return void (this.known = null);
    const known = [this.explorer.drawing.by(), ...keys.map((key) => key.join())].join(" ");
    if (known === this.known) return;
    this.known = known;
    this.legs = legsOf(keys, this.explorer.latent.z_dim);
    const marks = this.legs.starts.map((start, k) => {
      const number = 1 + this.explorer.pins.list.findIndex((pin) => pin.join() === keys[k].join());
      return h("span", { style: `left: ${100 * start}%` }, String(number));
    });
    this.marks.replaceChildren(...marks);
    this.asker.ask();
  }

  /** The place of the scrubber, 0 to 1. */
  get place() {
    return Number(this.range.value) / STEPS;
  }

  z(place) {
    return Float32Array.from(along(this.legs, place, this.explorer.latent.z_dim));
  }

  /** The sample goes to where the scrubber is. */
  scrub() {
    const { explorer } = this;
    explorer.still();
    this.say();
    explorer.latent.go(anySeed(), this.z(this.place));
    explorer.changed();
  }

  /** Shows where the film is. */
  show(place) {
    this.range.value = String(Math.round(STEPS * place));
    this.say();
  }

  say() {
    this.range.setAttribute("aria-valuetext", `${percent(this.place)} of the film`);
  }

  destroy() {
    this.asker.stop();
  }
}

/**
 * The turns through keys and back to the first: their angles, and where each begins as a share of the whole.
 * @param {Float32Array[]} keys
 * @param {number} turning numbers of a key that turn
 */
export function legsOf(keys, turning = keys[0].length) {
  const part = (key) => key.slice(0, turning);
  const angles = keys.map((key, k) => Math.max(SHORTEST, angleOf(part(key), part(keys[(k + 1) % keys.length]))));
  const whole = angles.reduce((sum, angle) => sum + angle, 0);
  let sum = 0;
  const starts = angles.map((angle) => {
    const start = sum / whole;
    sum += angle;
    return start;
  });
  return { keys, angles, starts, whole };
}

/** The vector at a place of a film, 0 to 1; its end is its beginning. */
export function along({ keys, angles, starts, whole }, place, turning = keys[0].length) {
  const k = starts.findLastIndex((start) => start <= place);
  const t = Math.min(1, ((place - starts[k]) * whole) / angles[k]);
  return slerp(keys[k], keys[(k + 1) % keys.length], t, turning);
}
