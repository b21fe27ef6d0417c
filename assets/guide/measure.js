// What a step of a lesson waits for, read from the feed of a run; and which answer that makes right.

/**
 * @typedef {{kind: string, name: string, op: string, number: number, until: number}} Measure
 * @typedef {{text: string, op: string, number: number}} Pick
 * @typedef {{done: boolean, value: number | null, step: number | null}} Result a value of null once it is done: it did
 * not happen; `step` is that of the run at which it was measured
 */

const OVER = ["finished", "stopped", "failed"];
const NOT_YET = { done: false, value: null, step: null };
const at = (step, value = step) => ({ done: true, value, step });

/**
 * @param {any} feed of charts/run-feed.js
 * @param {Measure} measure
 * @param {number} since how many events the run had when the step began
 * @returns {Result}
 */
export function measured(feed, { kind, name, op, number, until }, since = 0) {
  const is = (value) => value !== null && value !== undefined && (op === ">=" ? value >= number : value <= number);
  const steps = feed.columns.step ?? [];
  const values = feed.columns[name] ?? [];
  const over = OVER.includes(feed.status) || (until > 0 && feed.newest().step >= until);
  switch (kind) {
    case "event": {
      const event = feed.events.slice(since).find((one) => one.event === name);
      return event ? at(event.step) : NOT_YET;
    }
    case "light":
      if (feed.light?.name === name) return at(feed.light.step);
      return { ...NOT_YET, done: over };
    case "first": {
      const k = steps.findIndex((step, row) => step <= until && is(values[row]));
      return k >= 0 ? at(steps[k]) : { ...NOT_YET, done: over };
    }
    default: {
      const there = (value) => value !== null && value !== undefined;
      const k = steps.findIndex((step, row) => step >= until && there(values[row]));
      if (k >= 0) return at(steps[k], values[k]);
      const last = values.findLastIndex(there);
      return OVER.includes(feed.status) ? at(steps[last] ?? null, values[last] ?? null) : NOT_YET;
    }
  }
}

/**
 * The place of the first answer that holds for a value; -1 where none does.
 * @param {Pick[]} picks
 * @param {number | null} value
 */
export function rightOf(picks, value) {
  const holds = ({ op, number }) =>
    op === "else" || (value === null ? op === "never" : op === "<" ? value < number : op === ">=" && value >= number);
  return picks.findIndex(holds);
}

/** A measured value in a sentence: "1,240", "0.83". */
export function worded(value) {
  return value === null ? "–" : value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 0 });
}

/** The query of a step's page, with {run} and {before} as the lesson's newest runs; without what is not there yet. */
export function query(step, runs) {
  const [before, run] = [runs.at(-2), runs.at(-1)];
  const filled = Object.entries(step.query).map(([name, text]) => {
    const missing = (!run && text.includes("{run}")) || (!before && text.includes("{before}"));
    return [name, missing ? "" : text.replace("{run}", run).replace("{before}", before)];
  });
  return Object.fromEntries(filled.filter(([, text]) => text));
}
