// How the upward axes of a chart are scaled: linear, logarithmic, or over the middle of the values.

export const SCALES = [
  ["linear", "linear", "every value"],
  ["log", "logarithmic", "leaves out what is not above zero"],
  ["robust", "robust", "the middle 96 % of the values; spikes run out of sight"],
];
const OUT = 0.02; // share of the values left out at either end of a robust axis
const MARGIN = 0.06; // of the range that is shown, above and below

/**
 * What Plotly is told of an upward axis that is scaled in this way; `values` are all that are drawn on it.
 * @param {string} scale
 * @param {(number | null)[]} values
 * @returns {Record<string, any>}
 */
export function scaled(scale, values) {
  if (scale === "log") return { type: "log", rangemode: "normal", dtick: null };
  const range = scale === "robust" ? middle(values) : null;
  return range ? { range, autorange: false } : {};
}

/** From the lowest to the highest of the middle values, with a margin; null where there are none. */
export function middle(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!sorted.length) return null;
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const [low, high] = [at(OUT), at(1 - OUT)];
  const margin = MARGIN * (high - low) || 0.5;
  return [low - margin, high + margin];
}
