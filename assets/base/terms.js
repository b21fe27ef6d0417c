// The glossary: words of the field that stand on the pages, each with one sentence and the chapter that explains it.
// Hover, focus or a press on such a word shows the sentence; Escape takes it away.
import { h } from "./dom.js";
import { address } from "./root.js";

/**
 * @typedef {object} Term
 * @property {string} says one sentence
 * @property {string} chapter of Learn, by the name in its address
 */

/** @type {Record<string, Term>} */
export const TERMS = {
  z: {
    says: "The noise that G starts from: a list of random numbers, one list for each picture.",
    chapter: "two-networks",
  },
  logit: {
    says: "The raw number that D answers: above 0 it leans towards “real”, below towards “generated”.",
    chapter: "two-networks",
  },
  "D(x)": { says: "What D says of real pictures, as a share from 0 to 1.", chapter: "reading-a-run" },
  "D(G(z))": { says: "What D says of generated pictures, as a share from 0 to 1.", chapter: "reading-a-run" },
  epoch: { says: "One pass over all training images: at epoch 2, D has seen each one twice.", chapter: "three-steps" },
  loss: {
    says: "What a network tries to make small; in a GAN it depends on the other network, so it is no score.",
    chapter: "what-they-want",
  },
  gradient: { says: "The direction in which each weight has to move for the loss to fall.", chapter: "three-steps" },
  FD: {
    says: "Fréchet distance: how far the features of generated pictures lie from those of real ones; 0 is best.",
    chapter: "is-it-any-good",
  },
  diversity: {
    says: "How much samples differ from each other, as a share of how much real images do.",
    chapter: "is-it-any-good",
  },
  EvalNet: {
    says: "A small classifier, trained apart from the game, that reads the samples for the scores.",
    chapter: "is-it-any-good",
  },
  effective: {
    says: "How many classes there would be if all that are drawn were drawn equally often.",
    chapter: "when-it-goes-wrong",
  },
  penalty: {
    says: "What D pays for being steep (R1, R2, gradient penalty), so that G always gets a useful slope.",
    chapter: "when-it-goes-wrong",
  },
  "R²": {
    says: "How much of an attribute a straight line through z explains, in pictures kept aside: 1 is all of it.",
    chapter: "the-family",
  },
  SeFa: {
    says: "Directions read from G's weights alone: those along which its first layer stretches z most. They have no names.",
    chapter: "the-family",
  },
  ψ: {
    says: "Truncation: how far z is drawn towards the middle; 1 leaves it as it is, less is more typical and less varied.",
    chapter: "the-family",
  },
};

const NAMES = Object.keys(TERMS).sort((a, b) => b.length - a.length);
const SEPARATE = /[\p{L}\p{N}]/u; // what a word does not have beside it
const SHOW_MS = 250; // that a pointer rests on a word
const HIDE_MS = 200; // to reach the link

/**
 * A text in pieces: [piece, the term that it is or null]. Of each term the first place counts.
 * @param {string} text
 * @returns {[string, string | null][]}
 */
export function pieces(text) {
  const found = [];
  for (const name of NAMES) {
    const at = placeOf(text, name);
    const taken = at < 0 || found.some((other) => at < other.at + other.name.length && other.at < at + name.length);
    if (!taken) found.push({ at, name });
  }
  found.sort((a, b) => a.at - b.at);
  const parts = [];
  let end = 0;
  for (const { at, name } of found) {
    if (at > end) parts.push([text.slice(end, at), null]);
    parts.push([name, name]);
    end = at + name.length;
  }
  if (end < text.length) parts.push([text.slice(end), null]);
  return parts;
}

function placeOf(text, name) {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const [before, behind] = [text[at - 1] ?? " ", text[at + name.length] ?? " "];
    if (!SEPARATE.test(before) && !(SEPARATE.test(behind) && SEPARATE.test(name.at(-1)))) return at;
  }
  return -1;
}

/** The terms of a text, in its order. */
export const termsIn = (text) => pieces(text).flatMap(([, term]) => term ?? []);

/**
 * A text whose words of the field explain themselves.
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export const explained = (text) => pieces(text).map(([piece, term]) => (term ? word(piece, TERMS[term]) : piece));

/**
 * @param {string} text
 * @param {Term} term
 */
function word(text, { says, chapter }) {
  const link = h("a", { href: address(`learn?chapter=${chapter}`) }, "Learn more");
  const note = h("span", { class: "base-gloss", role: "note", popover: "manual" }, says, " ", link);
  const button = h("button", { type: "button", class: "base-term", "aria-expanded": "false" }, text);
  const element = h("span", {}, button, note);
  let timer;
  const show = () => {
    clearTimeout(timer);
    if (note.matches(":popover-open")) return;
    note.showPopover();
    place(note, button.getBoundingClientRect());
    button.setAttribute("aria-expanded", "true");
  };
  const hide = () => {
    clearTimeout(timer);
    if (note.matches(":popover-open")) note.hidePopover();
    button.setAttribute("aria-expanded", "false");
  };
  const later = (act, ms) => (clearTimeout(timer), (timer = setTimeout(() => element.isConnected && act(), ms)));
  element.addEventListener("pointerenter", () => later(show, SHOW_MS));
  element.addEventListener("pointerleave", () => later(hide, HIDE_MS));
  element.addEventListener("focusin", show);
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node && element.contains(relatedTarget))) hide();
  });
  element.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  button.addEventListener("click", show);
  return element;
}

/** Below a word, or above it where there is no room; never beyond an edge. */
function place(note, { left, top, bottom }) {
  const { offsetWidth: wide, offsetHeight: high } = note;
  const x = Math.max(8, Math.min(left, innerWidth - wide - 8));
  const y = bottom + 6 + high > innerHeight ? top - high - 6 : bottom + 6;
  Object.assign(note.style, { left: `${x}px`, top: `${y}px` });
}
