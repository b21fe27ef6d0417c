// The Quiz tab: real or generated? A round of twenty pictures against D, which judges the same ones.
import { drawSheet } from "./canvases.js";
import { h, number } from "./dom.js";
import { percent } from "./opinion.js";
import { style } from "./styled.js";

const MANY = 20;
const CALM = 300; // ms in which a second tap does not skip the answer
const AGAIN = 1500; // ms until the next try when nothing answered
const WORDS = { real: "Real", generated: "Generated" };
const COLOURS = ["#009e73", "#cc79a7", "#0072b2", "#e69f00"];

export default (root, studio) => new Quiz(root, studio);

class Quiz {
  constructor(root, studio) {
    this.studio = studio;
    this.element = h("div", { class: "qz" }, this.head(), this.stage(), this.summary(), this.foot());
    root.append(this.element);
    style(this.element, "./quiz.css");
    this.pressed = (event) => this.key(event);
    document.addEventListener("keydown", this.pressed);
  }

  // -- the parts of the page -------------------------------------------------------------------------------------------

  head() {
    this.score = h("b", { class: "qz-score", "data-part": "score" });
    this.streak = h("span", { class: "qz-streak", "data-part": "streak" });
    this.dots = h("div", { class: "qz-dots", role: "img" }, ...Array.from({ length: MANY }, () => h("i")));
    return h("div", { class: "qz-head" }, h("div", {}, this.score, this.streak), this.dots);
  }

  stage() {
    this.canvas = h("canvas", { role: "img", "data-part": "question" });
    this.stamp = h("span", { class: "qz-stamp", "aria-hidden": "true" });
    this.picture = h("figure", { class: "qz-picture" }, this.canvas, this.stamp);
    this.verdict = h("p", { class: "qz-verdict", role: "status", "data-part": "verdict" });
    this.choices = ["real", "generated"].map((guess) => {
      const key = h("kbd", { "aria-hidden": "true" }, guess === "real" ? "←" : "→");
      const made = h("button", { type: "button", class: `qz-${guess}`, "data-part": guess }, key, WORDS[guess]);
      made.addEventListener("click", () => this.guess(guess));
      return made;
    });
    this.next = h("button", { type: "button", class: "qz-next", "data-part": "next", hidden: true });
    this.next.addEventListener("click", () => this.goOn());
    const answers = h("div", { class: "qz-answers" }, ...this.choices, this.next);
    return (this.board = h("div", { class: "qz-board" }, this.picture, this.verdict, answers));
  }

  summary() {
    const again = h("button", { type: "button", class: "qz-again", "data-part": "again" }, "Again");
    again.addEventListener("click", () => this.deal(anySeed()));
    this.copied = h("button", { type: "button", "data-part": "copy" }, "Copy link to this round");
    this.copied.addEventListener("click", () => this.copy());
    this.url = h("input", { type: "text", readonly: true, hidden: true, "aria-label": "Link to this round" });
    this.won = h("h3", { tabindex: -1, "data-part": "won" });
    this.bars = h("div", { class: "qz-bars" });
    this.lesson = h("p");
    this.missed = h("div", { class: "qz-missed", "data-part": "missed" });
    const buttons = h("div", { class: "qz-buttons" }, again, this.copied, this.url);
    return (this.end = h("section", { class: "qz-end", hidden: true, "aria-label": "Result" }, this.won, this.bars, this.lesson, buttons, this.missed));
  }

  foot() {
    this.time = h("input", { type: "range", min: 0, step: 1, "data-part": "quiz-time", "aria-label": "Training step of the generator" });
    this.time.addEventListener("input", () => this.named());
    this.time.addEventListener("change", () => ((this.step = this.steps[this.time.value]), this.deal(this.seed)));
    this.time.onpointerup = () => this.time.blur(); // the arrows answer again
    this.when = h("output");
    this.row = h("label", { class: "qz-time" }, h("span", {}, "Early: easy"), this.time, h("span", {}, "Late: hard"), this.when);
    this.source = h("p", { class: "qz-source", "data-part": "source" });
    return h("div", { class: "qz-foot" }, this.row, this.source);
  }

  // -- what a tab is asked to do ---------------------------------------------------------------------------------------

  /** Also called when the run has new snapshots; the round goes on. */
  show() {
    const { data, step, query } = this.studio;
    this.shown = true;
    if (!data.shape) return this.say("The quiz is not available because this run has no generator yet.");
    this.steps = data.live && data.steps.length ? data.steps : [...data.steps, null]; // null is the newest, if it stays
    const first = this.seed === undefined;
    if (first) this.step = this.steps.includes(step) ? step : this.steps.at(-1);
    this.row.hidden = this.steps.length < 2;
    this.time.max = this.steps.length - 1;
    this.time.value = Math.max(0, this.steps.indexOf(this.step));
    this.named();
    const asked = Number(query.get("round") ?? NaN);
    if (first) this.deal(Number.isInteger(asked) && asked >= 0 && asked < 2 ** 31 ? asked : anySeed());
    else this.link();
  }

  hide() {
    this.shown = false;
    this.studio.link({ round: null, step: this.studio.step });
  }

  destroy() {
    this.shown = false;
    this.dealing?.abort();
    document.removeEventListener("keydown", this.pressed);
    this.element.remove();
  }

  // -- a round ---------------------------------------------------------------------------------------------------------

  get path() {
    const { data } = this.studio;
    return `/api/models/${this.step === null ? data.id : `${data.id}@${this.step}`}/quiz?seed=${this.seed}&n=${MANY}`;
  }

  link() {
    this.studio.link({ step: this.step, round: this.seed });
  }

  async deal(seed) {
    this.dealing?.abort();
    const dealing = (this.dealing = new AbortController());
    Object.assign(this, { seed, at: 0, guesses: [], pictures: null, waiting: false });
    this.link();
    this.say("Dealing …");
    this.paint();
    try {
      const answer = await patiently(() => fetch(this.path, { signal: dealing.signal }), (sentence) => this.say(sentence));
      const [, high, w, c] = answer.headers.get("X-Shape").split(",").map(Number);
      const pixels = new Uint8Array(await answer.arrayBuffer());
      if (this.dealing !== dealing) return;
      this.pictures = { pixels, h: high, w, c };
      this.made = Number(answer.headers.get("X-Step"));
      this.source.textContent = `Real ones: ${answer.headers.get("X-Real")}. Generated ones: step ${number(this.made)}. Half and half.`;
      this.say("");
      this.paint();
    } catch (error) {
      if (error.name !== "AbortError" && this.dealing === dealing) this.say(error.message);
    }
  }

  async guess(guess) {
    if (!this.pictures || this.waiting || this.guesses.length > this.at) return;
    const { dealing, at } = this;
    this.waiting = true;
    try {
      const answer = await patiently(
        () => fetch(`${this.path}&k=${at}&guess=${guess}`, { method: "POST", signal: dealing.signal }),
        (sentence) => this.say(sentence),
      );
      const told = await answer.json();
      if (this.dealing !== dealing) return;
      this.guesses.push({ guess, ...told });
      this.since = performance.now();
      this.reveal();
    } catch (error) {
      if (error.name !== "AbortError" && this.dealing === dealing) this.say(error.message);
    } finally {
      if (this.dealing === dealing) this.waiting = false;
    }
  }

  goOn() {
    if (this.guesses.length <= this.at || performance.now() - this.since < CALM) return;
    this.at++;
    this.say("");
    this.paint();
  }

  // -- showing it ------------------------------------------------------------------------------------------------------

  /** The question, or the result after the last one. */
  paint() {
    const over = this.at >= MANY;
    this.board.hidden = over;
    this.end.hidden = !over;
    this.tally();
    if (over) return this.conclude();
    this.picture.dataset.truth = "";
    this.stamp.textContent = "";
    this.swap(false);
    this.picture.style.visibility = this.pictures ? "" : "hidden";
    if (!this.pictures) return;
    drawSheet(this.canvas, this.pictures, this.at, 1, 1, 0);
    this.canvas.setAttribute("aria-label", `Picture ${this.at + 1} of ${MANY}: real or generated?`);
    this.canvas.dataset.k = this.at;
  }

  reveal() {
    const { truth, right, d, d_right } = this.guesses.at(-1);
    this.picture.dataset.truth = truth;
    this.stamp.textContent = WORDS[truth];
    const d_said = d > 0.5 ? `D says ${percent(d)} real` : `D says ${percent(1 - d)} generated`;
    this.verdict.dataset.right = right;
    const you = h("b", {}, right ? "Right" : "Wrong");
    const about = h("span", { class: "qz-d" }, `${d_said}: ${d_right ? "right" : "wrong"}`);
    this.verdict.replaceChildren(you, `: ${truth}. `, about, ".");
    this.next.textContent = this.at + 1 < MANY ? "Next" : "See the result";
    this.tally();
    this.swap(true);
  }

  /** Either the two answers or the button to go on; the focus goes along. */
  swap(on) {
    const focused = this.element.getRootNode().activeElement;
    const here = [...this.choices, this.next].includes(focused);
    for (const choice of this.choices) choice.hidden = on;
    this.next.hidden = !on;
    if (here) (on ? this.next : this.choices[0]).focus();
  }

  tally() {
    const { guesses } = this;
    const [you, d] = [guesses.filter(({ right }) => right).length, guesses.filter(({ d_right }) => d_right).length];
    this.score.textContent = guesses.length ? `You ${you} · D ${d} of ${guesses.length}` : "Real or generated?";
    const missed = guesses.findLastIndex(({ right }) => !right);
    const streak = guesses.length - 1 - missed;
    this.streak.textContent = streak > 1 ? `${streak} in a row` : "";
    [...this.dots.children].forEach((dot, k) => (dot.className = k < guesses.length ? (guesses[k].right ? "right" : "wrong") : k === this.at ? "now" : ""));
    this.dots.setAttribute("aria-label", `${guesses.length} of ${MANY} answered, ${you} right`);
    return { you, d };
  }

  conclude() {
    const { you, d } = this.tally();
    const { guesses } = this;
    this.won.textContent = you > d ? `You beat D, ${you} to ${d}` : you < d ? `D wins, ${d} to ${you}` : `A draw: ${you} each`;
    this.bars.replaceChildren(bar("You", you, "you"), bar("D", d, "d"), h("p", {}, "The line is what guessing gives."));
    const fooled = guesses.filter(({ truth, right }) => truth === "generated" && !right).length;
    const made = guesses.filter(({ truth }) => truth === "generated").length;
    this.lesson.textContent = `You took ${fooled} of ${made} generated pictures for real${fooled * 2 >= made ? ": to you they look like the data" : ""}.`;
    const wrong = guesses.flatMap((one, k) => (one.right ? [] : [this.mistake(one, k)]));
    this.missed.replaceChildren(...(wrong.length ? [h("h4", {}, "Where you were wrong"), ...wrong] : [h("h4", {}, "Not one wrong.")]));
    this.end.querySelector(".qz-confetti")?.remove();
    if (you > d) this.end.append(h("div", { class: "qz-confetti", "aria-hidden": "true" }, ...Array.from({ length: 28 }, confetto)));
    this.won.focus({ preventScroll: true });
  }

  mistake({ truth, d, d_right }, k) {
    const canvas = h("canvas", { role: "img", "aria-label": `Picture ${k + 1}: ${truth}` });
    drawSheet(canvas, this.pictures, k, 1, 1, 0);
    const d_said = `D: ${percent(d)} real${d_right ? "" : ", wrong too"}`;
    return h("figure", { "data-truth": truth }, canvas, h("figcaption", {}, h("b", {}, WORDS[truth]), h("br"), d_said));
  }

  say(sentence) {
    this.verdict.dataset.right = "";
    this.verdict.textContent = sentence;
  }

  named() {
    const step = this.steps[this.time.value];
    this.when.textContent = step === null ? "newest" : `step ${number(step)}`;
  }

  key(event) {
    if (!this.shown || event.repeat || event.ctrlKey || event.metaKey || event.altKey || this.at >= MANY) return;
    const from = event.composedPath()[0];
    if (from.matches?.("input, textarea, select, [contenteditable], [role=tab], [role=combobox], [role=option]")) return;
    const answered = this.guesses.length > this.at;
    const guess = { ArrowLeft: "real", ArrowRight: "generated" }[event.key];
    const on = guess || ((event.key === "Enter" || event.key === " ") && !from.matches?.("button, a, summary"));
    if (answered ? !on : !guess) return;
    event.preventDefault();
    if (answered) this.goOn();
    else this.guess(guess);
  }

  async copy() {
    const address = this.studio.url?.() ?? location.href;
    try {
      await navigator.clipboard.writeText(address);
      this.copied.textContent = "Copied";
      setTimeout(() => (this.copied.textContent = "Copy link to this round"), 1500);
    } catch {
      this.url.hidden = false; // without https a page may not write to the clipboard
      this.url.value = address;
      this.url.select();
    }
  }
}

/** The answer of `ask()`; while the server is busy or away it is asked again. Throws an Error with a sentence. */
async function patiently(ask, told) {
  for (;;) {
    let rest = AGAIN;
    try {
      const answer = await ask();
      if (answer.ok) return answer;
      const { error } = await answer.json().catch(() => ({ error: `The server said ${answer.status}.` }));
      if (answer.status !== 503) throw Object.assign(new Error(sentence(error)), { final: true });
      told(error);
      rest = 1000 * Number(answer.headers.get("Retry-After") ?? 1);
    } catch (error) {
      if (error.final || error.name === "AbortError") throw error;
      told("The server does not answer; trying again …");
    }
    await new Promise((done) => setTimeout(done, rest));
  }
}

/** A bar of how many of twenty, with a line at the half. */
function bar(name, right, kind) {
  const filled = h("i");
  filled.style.width = `${(100 * right) / MANY}%`;
  const label = `${name}: ${right} of ${MANY} right, ${percent(right / MANY)}`;
  return h("div", { class: kind, role: "img", "aria-label": label }, h("b", {}, name), h("span", {}, filled), `${right} of ${MANY} · ${percent(right / MANY)}`);
}

function confetto(_, k) {
  const one = h("i");
  Object.assign(one.style, { left: `${Math.random() * 100}%`, background: COLOURS[k % 4], animationDelay: `${Math.random() * 0.5}s` });
  one.style.setProperty("--turn", `${Math.round(Math.random() * 720 - 360)}deg`);
  return one;
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const anySeed = () => Math.floor(Math.random() * 2 ** 31);
