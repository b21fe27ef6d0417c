// What D and EvalNet say of a picture while it is being made: one question at a time, always the newest.
import { h } from "./dom.js";

const APART = 100; // ms between two questions
const AGAIN = 1500; // ms until the next try when nothing answered
const REST = 700; // ms without a change until it is read out

/** `question()` gives {url, body}, or null while there is nothing to ask about; `told(sentence)` gets what went wrong. */
export class Opinion {
  constructor(question, told) {
    Object.assign(this, { question, told });
    this.score = h("b");
    this.bar = h("i");
    this.said = h("p", { class: "op-said" });
    this.aloud = h("span", { class: "op-aloud", role: "status" });
    this.rows = h("div", { class: "op-rows" });
    const d = h("div", { class: "op-d", "data-part": "opinion-d" }, h("span", { class: "op-bar" }, this.bar), this.score);
    this.element = h("div", { class: "op" }, d, this.said, this.rows, this.aloud);
    this.blank();
  }

  /** Something has changed: asks now, or as soon as the question under way is answered. */
  async ask() {
    this.due = true;
    if (this.busy) return;
    this.busy = true;
    while (this.due) {
      this.due = false;
      const rest = new Promise((done) => setTimeout(done, APART));
      await this.once();
      await rest;
    }
    this.busy = false;
  }

  stop() {
    this.due = false;
    this.underway?.abort();
  }

  async once() {
    const question = this.question();
    if (!question) return this.blank();
    this.underway = new AbortController();
    try {
      const answer = await fetch(question.url, { method: "POST", body: question.body, signal: this.underway.signal });
      const found = await answer.json();
      if (answer.ok) {
        this.told("");
        return this.show(found);
      }
      if (answer.status !== 503) return this.told(found.error);
      this.due = true;
      await pause(1000 * Number(answer.headers.get("Retry-After") ?? 1));
    } catch (error) {
      if (error.name === "AbortError") return;
      this.told("The server does not answer; trying again …");
      this.due = true;
      await pause(AGAIN);
    }
  }

  /** Nothing to tell yet; `names` are the classes that will be told of. */
  blank(names = this.names ?? []) {
    this.names = names;
    this.element.dataset.state = "blank";
    this.bar.style.setProperty("--share", "0%");
    this.score.textContent = "D: –";
    this.said.textContent = "";
    this.rows.hidden = !names.length;
    this.bars(names, names.map(() => 0), -1);
  }

  show({ p, classes, names, why }) {
    const [real, shares] = [p?.[0] ?? null, classes?.[0] ?? null];
    this.element.dataset.state = "told";
    this.bar.style.setProperty("--share", `${100 * (real ?? 0)}%`);
    this.score.textContent = real === null ? "D: –" : `D: ${percent(real)} real`;
    this.rows.hidden = !shares;
    const top = shares ? shares.indexOf(Math.max(...shares)) : -1;
    const reads = shares ? `EvalNet reads ${names[top]}, ${percent(shares[top])}.` : why;
    this.said.textContent = reads;
    if (shares) this.bars(names, shares, top);
    clearTimeout(this.reading);
    this.reading = setTimeout(() => (this.aloud.textContent = `${this.score.textContent}. ${reads}`), REST);
  }

  bars(names, shares, top) {
    this.rows.classList.toggle("short", names.every((name) => name.length < 4));
    while (this.rows.children.length > shares.length) this.rows.lastChild.remove();
    while (this.rows.children.length < shares.length) this.rows.append(h("div", {}, h("span"), h("span", { class: "op-bar" }, h("i")), h("span")));
    [...this.rows.children].forEach((row, k) => fill(row, names[k], shares[k], k === top));
  }
}

function fill(row, name, share, top) {
  const [label, bar, value] = row.children;
  label.textContent = name;
  bar.firstChild.style.setProperty("--share", `${100 * share}%`);
  value.textContent = share ? percent(share) : "";
  row.classList.toggle("top", top);
}

/** 0.1234 as "12 %". */
export function percent(share) {
  return `${Math.round(100 * share)} %`;
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
