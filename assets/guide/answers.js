// A question with its answers: buttons to pick one, then bars that say how many picked each, and which was right.
import { h } from "../base/dom.js";

/**
 * @typedef {object} Asked
 * @property {string} text
 * @property {string[]} options
 * @property {number | null} picked
 * @property {number | null} right
 * @property {number[] | null} counts null where nobody counts
 * @property {((k: number) => void) | null} onpick null where it is over
 */

/** @param {Asked} asked */
export function answers({ text, options, picked, right, counts, onpick }) {
  const most = Math.max(1, ...(counts ?? []));
  const shown = counts && (picked !== null || !onpick);
  const rows = options.map((option, k) => {
    const mark = right === k ? " ✓" : right !== null && picked === k ? " ✗" : "";
    const about = { type: "button", class: "guide-answer", "aria-pressed": String(picked === k), disabled: !onpick };
    const named = h("button", about, `${option}${mark}`);
    named.dataset.do = `answer-${k}`;
    named.dataset.right = String(right === k);
    named.onclick = () => onpick?.(k);
    if (!shown) return named;
    named.style.setProperty("--share", String(counts[k] / most));
    named.append(h("b", { class: "guide-count" }, String(counts[k])));
    return named;
  });
  return h("div", { class: "guide-answers", role: "group", "aria-label": text }, h("p", {}, text), ...rows);
}
