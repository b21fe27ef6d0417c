// Latent vectors as plain functions, as gan/latents/interpolation.py has them: draws, ways between them, and a z as text for a link.

const STRAIGHT = 1e-6; // sine of an angle below which a turn and a straight line are the same

/**
 * Endless N(0, 1) numbers of a whole-number seed: mulberry32 under Box-Muller.
 * @param {number} seed
 * @returns {Generator<number, never>}
 */
export function* normals(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  for (;;) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    yield radius * Math.cos(angle);
    yield radius * Math.sin(angle);
  }
}

/** `count` vectors of `length` from one stream; a longer draw begins with the shorter one. */
export function drawVectors(seed, count, length) {
  const stream = normals(seed);
  const vector = () => Float32Array.from({ length }, () => stream.next().value);
  return Array.from({ length: count }, vector);
}

/**
 * z turned towards `noise`: 0 is z itself, 1 is the noise. A turn, not a mixture, because it keeps
 * the length that random z have. `pinned` components stay as they are in z, and so does what is longer than the noise.
 */
export function neighbour(z, noise, spread, pinned) {
  const [near, far] = [Math.cos((spread * Math.PI) / 2), Math.sin((spread * Math.PI) / 2)];
  const stays = (i) => pinned.has(i) || i >= noise.length;
  return z.map((value, i) => (stays(i) ? value : near * value + far * noise[i]));
}

/** z + value * vector; `into` may be z itself. */
export function moved(z, vector, value, into = new Float32Array(z.length)) {
  for (let i = 0; i < z.length; i++) into[i] = z[i] + value * vector[i];
  return into;
}

/** z drawn towards the middle, where the typical pictures are: psi 1 is z itself, 0 the middle. */
export function truncate(z, psi) {
  return z.map((value) => psi * value);
}

/**
 * The turn from a (t = 0) to b (t = 1) at a steady angle; straight where no one turn joins them, and in what is behind
 * the first `turning` numbers.
 */
export function slerp(a, b, t, turning = a.length) {
  if (turning < a.length) {
    const turned = slerp(a.slice(0, turning), b.slice(0, turning), t);
    return a.map((value, i) => (i < turning ? turned[i] : (1 - t) * value + t * b[i]));
  }
  const [lengths, angle] = [length(a) * length(b), angleOf(a, b)];
  const straight = !lengths || Math.sin(angle) < STRAIGHT;
  const first = straight ? 1 - t : Math.sin((1 - t) * angle) / Math.sin(angle);
  const second = straight ? t : Math.sin(t * angle) / Math.sin(angle);
  return a.map((value, i) => first * value + second * b[i]);
}

/** `frames` vectors on turns through keys, as many on each; with `loop` on to the first, which is not told twice. */
export function path(keys, frames, loop, turning = keys[0].length) {
  const span = loop ? keys.length : keys.length - 1;
  const step = span / Math.max(1, loop ? frames : frames - 1);
  return Array.from({ length: frames }, (_, k) => {
    const at = k && k === frames - 1 && !loop ? span : k * step;
    const start = Math.floor(at);
    return slerp(keys[start % keys.length], keys[(start + 1) % keys.length], at - start, turning);
  });
}

/**
 * An endless smooth random walk from z, `speed()` radians a frame, with normal numbers from `noise`; z comes first.
 * What is behind the first `turning` numbers stays.
 */
export function* walk(z, speed, noise, turning = z.length) {
  if (turning < z.length) {
    for (const at of walk(z.slice(0, turning), speed, noise)) yield z.map((value, i) => at[i] ?? value);
    return;
  }
  const vector = () => Float64Array.from(z, () => noise.next().value);
  let [at, velocity] = [Float64Array.from(z), vector()];
  for (;;) {
    yield Float32Array.from(at);
    const angle = speed();
    const [cos, sin, kept] = [Math.cos(angle), Math.sin(angle), Math.exp(-Math.abs(angle))];
    const next = at.map((value, i) => cos * value + sin * velocity[i]);
    const fresh = vector();
    velocity = velocity.map((value, i) => kept * (cos * value - sin * at[i]) + Math.sqrt(1 - kept ** 2) * fresh[i]);
    at = next;
  }
}

/** The angle between two vectors, in radians. */
export function angleOf(a, b) {
  const lengths = length(a) * length(b);
  const product = a.reduce((sum, value, i) => sum + value * b[i], 0);
  return Math.acos(Math.max(-1, Math.min(1, lengths ? product / lengths : 0)));
}

const length = (z) => Math.sqrt(z.reduce((sum, value) => sum + value * value, 0));

/** A 15 x 15 net over the first two components of z, from -reach to reach, row by row from the top. */
export function net(z, side, reach) {
  const at = (k) => reach * ((2 * k) / (side - 1) - 1);
  return Array.from({ length: side * side }, (_, k) => {
    const point = Float32Array.from(z);
    point[0] = at(k % side);
    if (point.length > 1) point[1] = -at(Math.floor(k / side));
    return point;
  });
}

/** z in whole thousandths, which is what a link can hold: so that a view comes back exactly. */
export function rounded(z) {
  return z.map((value) => Math.round(1000 * value) / 1000);
}

/** z in thousandths as base64url, two bytes a number: short enough for a link. */
export function toText(z) {
  const bytes = new DataView(new ArrayBuffer(2 * z.length));
  z.forEach((value, i) => bytes.setInt16(2 * i, Math.round(1000 * value), true));
  const raw = String.fromCharCode(...new Uint8Array(bytes.buffer));
  return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The z of such a text; null when it is none of that length, or out of bounds. */
export function fromText(text, length) {
  let raw;
  try {
    raw = atob((text ?? "").replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return null;
  }
  if (raw.length !== 2 * length || !length) return null;
  const bytes = new DataView(Uint8Array.from(raw, (c) => c.charCodeAt(0)).buffer);
  const z = Float32Array.from({ length }, (_, i) => bytes.getInt16(2 * i, true) / 1000);
  return z.every((value) => Math.abs(value) <= 20) ? z : null;
}

/** All vectors one after the other, as the route takes them. */
export function pack(vectors) {
  const flat = new Float32Array(vectors.length * vectors[0].length);
  vectors.forEach((vector, i) => flat.set(vector, i * vector.length));
  return flat;
}

/** A seed for what is to be different each time. */
export function anySeed() {
  return Math.floor(Math.random() * 2 ** 31);
}
