// What D and EvalNet make of one picture: a bar for D; the class that is read in a sentence or, on demand, a bar a class.
import { h, percent } from "./dom.js";
import { said } from "./words.js";

const REST = 700; // ms without a change until it is read out

/**
 * An answer of the route `reading`, of one picture or more.
 * @typedef {object} Reading
 * @property {number[] | null} p how sure D is that each is real, 0 to 1; null where its loss only gives a score
 * @property {number[]} d its scores, above 0 for real
 * @property {number[][] | null} classes shares of the classes, for each
 * @property {string[]} names of the classes
 * @property {string} [why] there are none
 */

/** `compact` for one line: the sentence alone, and nothing read out. */
export class VerdictPanel {
  constructor({ compact = false } = {}) {
    this.compact = compact;
    this.score = h("b");
    this.bar = h("i");
    this.said = h("span", { class: "verdict-said", "data-part": "reads" });
    this.aloud = h("span", { class: "verdict-aloud", role: "status" });
    this.rows = h("span", { class: "verdict-rows" });
    const bar = h("span", { class: "base-bar", "aria-hidden": "true" }, this.bar);
    this.scale = h("span", { class: "verdict-scale", "data-part": "scale-d", hidden: true });
    const d = h("span", { class: "verdict-d", "data-part": "opinion-d" }, bar, this.score);
    const more = compact ? [] : [this.rows, this.aloud];
    const kind = compact ? "verdict verdict-compact" : "verdict";
    this.element = h("div", { class: kind, "data-part": "reading" }, d, this.said, this.scale, ...more);
    this.element.title = "D's verdict on this picture, and what EvalNet, trained apart, reads";
    this.blank();
  }

  /** What has to be said beside D's number; "" for nothing. */
  note(text) {
    this.scale.textContent = text;
    this.scale.hidden = !text;
  }

  /** Nothing to tell yet; `names` are the classes that will be told of. */
  blank(names = this.names ?? []) {
    this.names = names;
    this.element.dataset.state = "blank";
    this.tell(null, null, "");
    this.rows.hidden = !names.length;
    this.bars(
      names,
      names.map(() => 0),
      -1,
    );
  }

  /** What is shown is of another picture than the one on screen. */
  stale() {
    this.element.dataset.state = "stale";
  }

  /** @param {Reading} reading */
  show({ p, d, classes, names, why = "" }) {
    const [real, shares] = [p?.[0] ?? null, classes?.[0] ?? null];
    const top = shares ? shares.indexOf(Math.max(...shares)) : -1;
    const reads = shares ? `${names[top]}, ${percent(shares[top])}` : "";
    this.element.dataset.state = "told";
    this.tell(
      real,
      d?.[0] ?? null,
      this.compact ? reads && `reads as ${reads}` : reads ? `EvalNet reads ${reads}.` : why,
    );
    this.said.title = why;
    this.rows.hidden = !shares;
    if (shares) this.bars(names, shares, top);
    clearTimeout(this.reading);
    const aloud = `${this.score.textContent}. ${this.said.textContent}`;
    this.reading = setTimeout(() => (this.aloud.textContent = aloud), REST);
  }

  /** A sentence in place of what EvalNet reads. */
  excuse(sentence) {
    this.said.textContent = sentence;
  }

  /** How sure D is that it is real and its score, null where there is none, and what EvalNet reads. */
  tell(real, score, reads) {
    this.bar.style.setProperty("--share", `${100 * (real ?? 0)}%`);
    this.bar.parentElement.hidden = real === null && score !== null;
    this.score.textContent = `D: ${real === null && score === null ? "–" : said(real, score)}`;
    this.said.textContent = reads;
  }

  bars(names, shares, top) {
    const { rows } = this;
    rows.classList.toggle(
      "short",
      names.every((name) => name.length < 4),
    );
    while (rows.children.length > shares.length) rows.lastChild.remove();
    while (rows.children.length < shares.length)
      rows.append(h("span", {}, h("span"), h("span", { class: "base-bar" }, h("i")), h("span")));
    [...rows.children].forEach((row, k) => fill(row, names[k], shares[k], k === top));
  }

  destroy() {
    clearTimeout(this.reading);
  }
}

function fill(row, name, share, top) {
  const [label, bar, value] = row.children;
  label.textContent = name;
  bar.firstChild.style.setProperty("--share", `${100 * share}%`);
  value.textContent = share ? percent(share) : "";
  row.classList.toggle("top", top);
}
