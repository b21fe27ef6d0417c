// An inversion as the server sends it: a line of JSON a tick, read while it comes.
import { ask, ticks } from "../base/http.js";

/**
 * Yields {step, steps, errors: [R], z: [R Float32Array], pixels: [R Uint8Array], last, readings} for a POST to `url`;
 * `readings` comes with the last. Throws a Refusal; the signal of the options ends it.
 * @param {string} url
 * @param {import("../base/http.js").Options} options
 */
export async function* inversion(url, options) {
  for await (const tick of ticks(await ask(url, options))) {
    const [z, pixels] = [bytes(tick.z), bytes(tick.pixels)];
    const count = tick.errors.length;
    yield { ...tick, z: split(new Float32Array(z.buffer), count), pixels: split(pixels, count) };
  }
}

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function split(flat, count) {
  const size = flat.length / count;
  return Array.from({ length: count }, (_, k) => flat.slice(k * size, (k + 1) * size));
}
