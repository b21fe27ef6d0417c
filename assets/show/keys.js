// The keys of the projector mode, those of a presenter remote among them.

/**
 * What each key does: the keys as they are called, the key in the help, what the help says, the name of the deed.
 * @type {[string[], string, string, string][]}
 */
export const KEYS = [
  [[" "], "space", "play or pause", "play"],
  [["s"], "s", "one step of both", "both"],
  [["d"], "d", "one update of D", "d"],
  [["g"], "g", "one update of G", "g"],
  [["ArrowLeft"], "←", "back in time", "back"],
  [["ArrowRight"], "→", "forward in time", "on"],
  [["PageUp"], "page up", "far back", "far-back"],
  [["PageDown"], "page down", "far forward", "far-on"],
  [["Home"], "home", "the beginning", "first"],
  [["End"], "end", "now", "last"],
  [["v"], "v", "fixed, random, real", "picture"],
  [["f", "F5"], "f", "full screen", "full"],
  [["b", "."], "b", "black", "black"],
  [["q"], "q", "QR code to join", "poster"],
  [["?", "h"], "?", "these keys", "help"],
  [["Escape"], "esc", "close this", "close"],
];

/** The name of what a key does: "chart 3" for a digit, "" for a key that is not ours or belongs to the browser. */
export function deed({ key, ctrlKey = false, metaKey = false, altKey = false }) {
  if (ctrlKey || metaKey || altKey) return "";
  if (/^[1-9]$/.test(key)) return `chart ${key}`;
  const low = key.length === 1 ? key.toLowerCase() : key;
  return KEYS.find(([keys]) => keys.includes(low))?.[3] ?? "";
}

/** The index of a picture after a move through `count` of them; null stands for the newest, and is the answer for it. */
export function moved(index, count, name) {
  const at = index ?? count - 1;
  const far = Math.max(1, Math.round(count / 10));
  const by = { back: -1, on: 1, "far-back": -far, "far-on": far, first: -count, last: count }[name] ?? 0;
  const next = Math.min(count - 1, Math.max(0, at + by));
  return next >= count - 1 ? null : next;
}
