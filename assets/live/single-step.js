// What one step by hand changed, asked for as soon as it was made: the microscope.json of the run, its pictures decoded.

import { job, json } from "../base/http.js";

/**
 * @typedef {object} SingleStep
 * @property {number} step that was made
 * @property {string[]} updates "d", "g"
 * @property {number} most the largest change of a pixel, of 255
 * @property {Record<string, [string, number, number][]>} layers of G and D: name, gradient, share by which it changed
 * @property {Record<string, number[]>} d logits
 * @property {Record<string, number[]> | null} p
 * @property {number[][]} z
 * @property {Record<string, ImageData[]>} pictures before, after, real, difference, gradient
 */

const TRIES = 10;
const PICTURES = { before: false, after: false, real: false, difference: true, gradient: true }; // whether signed

/** The newest step by hand of one run at a time. `onstep` hears of it, or null where there is nothing to see of it, what
 * was updated ("both", "d", "g"), and whether it was made while somebody looked on. */
export class SingleSteps {
  /** @param {(found: SingleStep | null, what: string, fresh: boolean) => void} onstep */
  constructor(onstep) {
    this.onstep = onstep;
    /** @type {SingleStep | null} */
    this.newest = null;
    this.feed = null;
    this.tries = TRIES; // left, for a step that is still being written
    this.known = null; // events of steps that are dealt with; null before the run was read
  }

  /** Takes in what is new of a feed. */
  async follow(feed) {
    if (feed !== this.feed) Object.assign(this, { feed, newest: null, known: null });
    const made = feed.events.filter(({ event }) => event === "stepped");
    if (feed.state === "loading" || this.asking || made.length === this.known) return;
    const fresh = this.known !== null;
    const { step, what } = made.at(-1) ?? {};
    const done = (found) => {
      this.known = made.length;
      this.tries = TRIES;
      this.newest = found;
      if (made.length) this.onstep(found, what, fresh);
    };
    if (!made.length) return done(null);
    this.asking = true;
    try {
      const told = await json(`/api/runs/${feed.id}/microscope`, { tries: 3 });
      if (feed !== this.feed) return;
      if (told.step === step + 1) done(decoded(told));
      else if (!fresh || --this.tries < 0) done(null); // else the next news asks again
    } catch {
      if (feed === this.feed) done(null);
    } finally {
      this.asking = false;
    }
  }

  /**
   * The step after a kept state of the run, made again by the server. Throws a Refusal.
   * @param {number} step
   * @param {(sentence: string) => void} told hears how far that is
   */
  async again(step, told) {
    const { feed } = this;
    const found = decoded(await job(`/api/runs/${feed.id}/microscope?step=${step}`, { told }));
    if (feed === this.feed) this.newest = found;
  }
}

/** @returns {SingleStep} */
function decoded(told) {
  const pictures = Object.fromEntries(
    Object.entries(PICTURES).map(([name, signed]) => [name, sheets(told[name], told.shape, signed)]),
  );
  return { ...told, pictures };
}

/** The pictures of base64 bytes: N,H,W,C; signed ones are red where it gets brighter and blue where darker. */
export function sheets(text, [channels, high, wide], signed) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const size = channels * high * wide;
  return Array.from({ length: bytes.length / size }, (_, k) => {
    const data = new Uint8ClampedArray(4 * high * wide);
    for (let at = 0; at < high * wide; at++) {
      const pixel = [...bytes.subarray(k * size + at * channels, k * size + (at + 1) * channels)];
      data.set(signed ? tint(pixel) : pixel.length > 1 ? pixel : [pixel[0], pixel[0], pixel[0]], 4 * at);
      data[4 * at + 3] = 255;
    }
    return { data, width: wide, height: high };
  });
}

/** A change of a pixel, one byte with a sign a channel, as a colour: orange up, sky blue down, black none. */
function tint(pixel) {
  const change = pixel.reduce((sum, value) => sum + (value > 127 ? value - 256 : value), 0) / pixel.length;
  const share = Math.min(1, Math.abs(change) / 127) ** 0.6; // so that small ones can be seen beside the largest
  return (change > 0 ? [255, 165, 40] : [70, 175, 255]).map((full) => full * share);
}
