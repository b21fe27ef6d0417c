// The microscope on a step by hand: a few pictures before and after it, what D said, and both gradients.

import { h, number, say } from "../base/dom.js";
import { explained } from "../base/terms.js";
import { said } from "../base/words.js";

const ROWS = [
  ["before", "G before"],
  ["after", "G after"],
  ["difference", "difference"],
  ["gradient", "D would change"],
  ["real", "real"],
];

export class Microscope {
  /** @param {(step: number, told: (sentence: string) => void) => Promise<void>} onagain makes a step again */
  constructor(onagain) {
    this.again = h("button", { type: "button", class: "base-now", "data-testid": "live-scope-again", hidden: true });
    this.told = h("span", { role: "status" });
    this.again.addEventListener("click", async () => {
      this.again.disabled = true;
      this.told.textContent = "";
      try {
        await onagain(this.from, (sentence) => (this.told.textContent = sentence));
        this.told.textContent = "";
      } catch (error) {
        this.told.textContent = error.message;
      }
      this.again.disabled = false;
    });
    this.title = h("h3");
    this.table = h("table", { class: "live-scope-tiles" });
    this.layers = h("div", { class: "live-scope-layers" });
    const region = { role: "region", tabindex: 0, "aria-label": "Microscope on one step" };
    const about = { class: "live-scope", "data-testid": "live-scope", hidden: true, ...region };
    const ways = h("p", { class: "live-scope-ways" }, this.again, this.told);
    const body = h("div", { class: "live-scope-body" }, this.table, this.layers);
    this.element = h("div", about, ways, this.title, body);
  }

  /**
   * Shows a step, if there is one, and offers the one after the last of the kept `states` that is not after `at`.
   * @param {import("./single-step.js").SingleStep | null} found
   * @param {number[]} states
   * @param {number | null} at null is now
   */
  show(found, states, at) {
    this.from = states.findLast((step) => step <= (at ?? Infinity)) ?? states[0];
    this.again.hidden = !states.length;
    if (states.length) say(this.again, `Make the step after ${number(this.from)} again`);
    if (found === this.found || !found) return;
    this.found = found;
    const { step, updates, pictures, most } = found;
    this.title.textContent = `Step ${number(step - 1)} → ${number(step)}: ${counted(updates)}`;
    const scale = most > 0 ? ` × ${number(Math.max(1, 255 / most))}` : ": none";
    const rows = ROWS.flatMap(([name, words]) => [
      row(
        name === "difference" ? words + scale : words,
        pictures[name].map((picture, k) => sheet(picture, words, k)),
      ),
      ...this.opinions(name),
    ]);
    this.table.replaceChildren(h("tbody", {}, ...rows));
    this.layers.replaceChildren(...["G", "D"].map((name) => layers(name, found.layers[name])));
  }

  /** D's words under a row of pictures. */
  opinions(name) {
    const { d, p } = this.found;
    const words = (key) => d[key].map((score, k) => said(p?.[key][k] ?? null, score));
    const both = (one, other) => words(one).map((first, k) => changed(first, words(other)[k]));
    if (name === "before") return [row("D before → after", both("before", "judged"), "live-scope-said")];
    if (name === "after") return [row("D after", words("after"), "live-scope-said")];
    return name === "real" ? [row("D before → after", both("real_before", "real_after"), "live-scope-said")] : [];
  }
}

/** What a step updated, in words: ["d", "d", "g"] is "2 updates of D, then 1 of G". */
export function counted(updates) {
  const parts = [...new Set(updates)].map((name, k) => {
    const count = updates.filter((other) => other === name).length;
    return `${count}${k ? "" : count === 1 ? " update" : " updates"} of ${name.toUpperCase()}`;
  });
  return parts.join(", then ");
}

/** "31 % real", "24 % real" as "31 → 24 %"; scores as they are. */
export function changed(before, after) {
  const [one, other] = [before, after].map((words) => words.replace(/ real$|^score /, ""));
  return `${one.replace(/\s%$/, "")} → ${other}`;
}

function row(words, cells, kind = "") {
  const head = h("th", { scope: "row" }, words);
  return h("tr", { class: kind }, head, ...cells.map((cell) => h("td", {}, shortened(cell))));
}

const shortened = (cell) => (typeof cell === "string" ? cell.replace(/ real$|^score /, "") : cell);

function sheet({ data, width, height }, words, k) {
  const canvas = h("canvas", { width, height, role: "img", "aria-label": `Picture ${k + 1}, ${words}` });
  canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

/** The gradients of a network, layer by layer, as bars; the longest is that of its largest. */
function layers(name, rows) {
  const head = h("h4", {}, ...explained(`Gradient in ${name} · weights moved`));
  if (!rows.length) return h("section", {}, head, h("p", {}, `${name} stood still.`));
  const most = Math.max(...rows.map(([, size]) => size));
  const items = rows.map(([layer, size, moved]) => {
    const bar = h("i", { style: `width: ${most > 0 ? (100 * size) / most : 0}%` });
    const told = `${size.toPrecision(2)} · ${(100 * moved).toPrecision(2)} %`;
    const title = `${layer}: gradient ${size.toPrecision(2)}, weights moved ${(100 * moved).toPrecision(2)} %`;
    return h("li", { title }, h("span", {}, layer), h("b", { "aria-hidden": "true" }, bar), told);
  });
  return h("section", { class: `live-scope-${name.toLowerCase()}` }, head, h("ul", {}, ...items));
}
