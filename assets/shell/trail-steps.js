// The first steps of who comes first: a sentence each, where its control is, and what counts as done.

/**
 * A step. `page` is the last part of its page's address; `find` the selectors of its control, the best first; `press` the
 * words of a button instead. `done`: the event on the control that ticks it. `drives`: nothing for who only watches.
 * @typedef {{name: string, words: string, page: string, done: "click" | "input" | "pointerdown", find?: string[],
 *   press?: string[], drives?: boolean}} Step
 */

/** @type {Step[]} */
export const STEPS = [
  {
    name: "start",
    words: "Press Start.",
    page: "",
    press: ["Start training", "Start", "Stop it and start this one"],
    done: "click",
    drives: true,
  },
  {
    name: "look",
    words: "Drag the slider under the pictures back.",
    page: "",
    find: [".live .base-timeline input"],
    done: "input",
  },
  {
    name: "pause",
    words: "Press Pause.",
    page: "",
    press: ["Pause"],
    done: "click",
    drives: true,
  },
  {
    name: "step",
    words: "Press Step: one update each.",
    page: "",
    press: ["Step"],
    done: "click",
    drives: true,
  },
  {
    name: "break",
    words: "Guess what a broken run will do.",
    page: "failures",
    find: [".failures-choices input", "[class*='st-key-open-'] button"],
    done: "input",
  },
  {
    name: "explore",
    words: "Drag a slider: the digit follows.",
    page: "explore",
    find: [".explore-panels > :not([hidden]) .explore-row input[type=range]", ".explore-panels input[type=range]"],
    done: "input",
  },
  {
    name: "draw",
    words: "Open Draw and draw a digit.",
    page: "explore",
    find: [".explore-panels > :not([hidden]) .draw-sketch", "[role=tab][data-tab=draw]"],
    done: "pointerdown",
  },
  {
    name: "guess",
    words: "Open Quiz: real or generated?",
    page: "explore",
    find: [".explore-panels > :not([hidden]) [data-part=real]", "[role=tab][data-tab=quiz]"],
    done: "click",
  },
];

/** The steps for who drives, or for who only watches. */
export function stepsFor(drives) {
  return STEPS.filter((step) => drives || !step.drives);
}

/** The first step that is not done; null when all are. */
export function next(steps, done) {
  return steps.find(({ name }) => !done.includes(name)) ?? null;
}

const TITLES = { "": "Train", failures: "Failures", explore: "Explore" };

/** The words of a step, with the name of its page where one is on another. @param {Step} step */
export function wordsFrom(step, page) {
  return page === step.page ? step.words : `${TITLES[step.page]} · ${step.words}`;
}

/** The last part of a page's address, "" for the home page. */
export function pageOf(url, root) {
  return new URL(url).pathname.slice(new URL(root).pathname.length).replace(/\/$/, "");
}

/**
 * Whether an event of that kind, which met these elements from the inside out, is what a step asks for.
 * @param {Step} step
 * @param {string} kind
 * @param {any[]} path
 */
export function ticks(step, kind, path) {
  if (step.done !== kind) return false;
  const elements = path.filter((one) => "matches" in one);
  if (!step.press) return elements.some((one) => one.matches(step.find[0]));
  return elements.some((one) => one.matches("button") && step.press.includes(wordsOf(one)));
}

/** The words of a button of Streamlit's, without those of its icon. */
export function wordsOf(button) {
  return button.querySelector("p")?.textContent ?? "";
}
