// The Quiz tab: real or generated? A round of twenty pictures against D, which judges the same ones.
import { drawSheet } from "../base/canvas.js";
import { focusedIn, h, number, percent } from "../base/dom.js";
import { ask, pictures } from "../base/http.js";
import { anySeed } from "../base/latent.js";
import { LinkCopier } from "../base/link-copier.js";
import { style } from "../base/stylesheet.js";
import { said, verdict } from "../base/words.js";
import { generators } from "../engine/page.js";
import { handOf } from "./hand.js";
import { Round } from "./round.js";

const MANY = 20;
const EVEN = 16; // of 255: shades that look like one
const CALM = 300; // ms in which a second tap does not skip the answer
const WORDS = { real: "Real", generated: "Generated" };
const CONFETTI = ["--real", "--fake", "--d", "--g"];

export default (root, context) => new Quiz(root, context);

class Quiz {
  constructor(root, context) {
    this.context = context;
    this.element = h("div", { class: "quiz" }, this.head(), this.stage(), this.summary(), this.foot());
    root.append(this.element);
    style(this.element, new URL("./quiz.css", import.meta.url));
    this.pressed = (event) => this.key(event);
    document.addEventListener("keydown", this.pressed);
  }

  // -- the parts of the page -------------------------------------------------------------------------------------------

  head() {
    this.score = h("b", { class: "quiz-score", "data-part": "score" });
    this.streak = h("span", { class: "quiz-streak", "data-part": "streak" });
    this.dots = h("div", { class: "quiz-dots", role: "img" }, ...Array.from({ length: MANY }, () => h("i")));
    return h("div", { class: "quiz-head" }, h("div", {}, this.score, this.streak), this.dots);
  }

  stage() {
    this.canvas = h("canvas", { role: "img", "data-part": "question" });
    this.stamp = h("span", { class: "quiz-stamp", "aria-hidden": "true" });
    this.picture = h("figure", { class: "quiz-picture" }, this.canvas, this.stamp);
    this.verdict = h("p", { class: "quiz-verdict", role: "status", "data-part": "verdict" });
    this.choices = ["real", "generated"].map((guess) => {
      const key = h("kbd", { "aria-hidden": "true" }, guess === "real" ? "←" : "→");
      const made = h("button", { type: "button", class: `quiz-${guess}`, "data-part": guess }, key, WORDS[guess]);
      made.addEventListener("click", () => this.guess(guess));
      return made;
    });
    this.next = h("button", { type: "button", class: "quiz-next", "data-part": "next", hidden: true });
    this.next.addEventListener("click", () => this.goOn());
    const answers = h("div", { class: "quiz-answers" }, ...this.choices, this.next);
    return (this.board = h("div", { class: "quiz-board" }, this.picture, this.verdict, answers));
  }

  summary() {
    const again = h("button", { type: "button", class: "quiz-again", "data-part": "again" }, "Again");
    again.addEventListener("click", () => this.deal(anySeed()));
    const copier = new LinkCopier("Copy link to this round", "Link to this round", () => this.context.url());
    this.won = h("h3", { tabindex: -1, "data-part": "won" });
    this.bars = h("div", { class: "quiz-bars" });
    this.lesson = h("p");
    this.missed = h("div", { class: "quiz-missed", "data-part": "missed" });
    const buttons = h("div", { class: "quiz-buttons" }, again, copier.button, copier.field);
    return (this.end = h(
      "section",
      { class: "quiz-end", hidden: true, "aria-label": "Result" },
      this.won,
      this.bars,
      this.lesson,
      buttons,
      this.missed,
    ));
  }

  foot() {
    this.time = h("input", {
      type: "range",
      min: 0,
      step: 1,
      "data-part": "quiz-time",
      "aria-label": "Training step of the generator",
    });
    this.time.addEventListener("input", () => this.named());
    this.time.addEventListener("change", () => ((this.step = this.steps[this.time.value]), this.deal(this.seed)));
    this.time.onpointerup = () => this.time.blur(); // the arrows answer again
    this.when = h("output", { "aria-live": "off" });
    this.row = h(
      "label",
      { class: "quiz-time" },
      h("span", {}, "Early: easy"),
      this.time,
      h("span", {}, "Late: hard"),
      this.when,
    );
    this.source = h("p", { class: "quiz-source", "data-part": "source" });
    return h("div", { class: "quiz-foot" }, this.row, this.source);
  }

  // -- what a tab is asked to do ---------------------------------------------------------------------------------------

  /** Also called when the run has new snapshots; the round goes on. */
  show() {
    const { data, step, asked } = this.context;
    this.shown = true;
    if (!data.shape) return this.say("The quiz is not available because this run has no generator yet.");
    this.steps = data.live && data.steps.length ? data.steps : [...data.steps, null]; // null is the newest, if it stays
    const first = this.seed === undefined;
    if (first) this.step = this.steps.includes(step) ? step : this.steps.at(-1);
    this.row.hidden = this.steps.length < 2;
    this.time.max = String(this.steps.length - 1);
    this.time.value = String(Math.max(0, this.steps.indexOf(this.step)));
    this.named();
    if (first) this.deal(Number.isNaN(asked.round) ? anySeed() : asked.round);
    else this.link();
  }

  hide() {
    this.shown = false;
    this.context.link({ round: null, step: this.context.step });
  }

  destroy() {
    this.shown = false;
    this.dealing?.abort();
    document.removeEventListener("keydown", this.pressed);
    this.element.remove();
  }

  // -- a round ---------------------------------------------------------------------------------------------------------

  /** The address of a route of the generator that deals. */
  path(route) {
    const { data } = this.context;
    return `/api/models/${this.step === null ? data.id : `${data.id}@${this.step}`}/${route}`;
  }

  link() {
    this.context.link({ step: this.step, round: this.seed });
  }

  /** A good answer; while the server is busy or away it is asked again. */
  ask(path, options) {
    return ask(path, { ...options, tries: Infinity, told: (sentence) => this.say(sentence) });
  }

  async deal(seed) {
    this.dealing?.abort();
    const dealing = (this.dealing = new AbortController());
    this.seed = seed;
    this.at = 0;
    this.guesses = [];
    this.round = null;
    this.waiting = false;
    this.link();
    this.say("Dealing …");
    this.paint();
    try {
      const round = (await this.here(dealing.signal)) ?? (await this.server(dealing.signal));
      if (this.dealing !== dealing) return;
      this.round = round;
      this.element.dataset.by = round instanceof Round ? "page" : "server";
      this.source.textContent = `Half are real (${round.source}), half generated at step ${number(round.pictures.step)}.`;
      this.say("");
      this.paint();
    } catch (error) {
      if (error.name !== "AbortError" && this.dealing === dealing) this.say(sentence(error.message));
    }
  }

  /** The round, drawn and judged by the page; null where it cannot do that. The server would deal the same. */
  async here(signal) {
    const answer = await this.ask(`${this.path("hand")}?seed=${this.seed}&n=${MANY}`, { signal });
    const hand = await handOf(answer, this.context.data.z_dim);
    const made = await generators.here({ url: `${this.path("images")}?kind=z`, body: hand.z });
    const round = made && new Round(hand, made);
    const read = round && (await generators.here({ url: `${this.path("reading")}?`, body: round.pictures.pixels }));
    return read ? Object.assign(round.judged(read), { source: answer.headers.get("X-Real") }) : null;
  }

  /** The same from the server, which is asked about each guess. */
  async server(signal) {
    const path = `${this.path("quiz")}?seed=${this.seed}&n=${MANY}`;
    const answer = await this.ask(path, { signal });
    const guess = async (k, word) => {
      const options = { method: "POST", signal };
      return (await this.ask(`${path}&k=${k}&guess=${word}`, options)).json();
    };
    return { pictures: await pictures(answer), source: answer.headers.get("X-Real"), guess };
  }

  async guess(guess) {
    if (!this.round || this.waiting || this.guesses.length > this.at) return;
    const { dealing, at } = this;
    this.waiting = true;
    try {
      const told = await this.round.guess(at, guess);
      if (this.dealing !== dealing) return;
      this.guesses.push({ guess, ...told });
      this.since = performance.now();
      this.reveal();
    } catch (error) {
      if (error.name !== "AbortError" && this.dealing === dealing) this.say(sentence(error.message));
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
    this.picture.style.visibility = this.round ? "" : "hidden";
    if (!this.round) return;
    drawSheet(this.canvas, this.round.pictures, this.at, 1, 1, 0);
    if (isEven(this.round.pictures, this.at)) this.say("This picture is one even shade: nothing failed to load.");
    this.canvas.setAttribute("aria-label", `Picture ${this.at + 1} of ${MANY}: real or generated?`);
    this.canvas.dataset.k = String(this.at);
  }

  reveal() {
    const { truth, right, d, d_score, d_right } = this.guesses.at(-1);
    this.picture.dataset.truth = truth;
    this.stamp.textContent = WORDS[truth];
    this.verdict.dataset.right = right;
    const you = h("b", {}, right ? "Right" : "Wrong");
    const about = h("span", { class: "quiz-d" }, `${verdict(d, d_score)}: ${d_right ? "right" : "wrong"}`);
    this.verdict.replaceChildren(you, `: ${truth}. `, about, ".");
    this.next.textContent = this.at + 1 < MANY ? "Next" : "See the result";
    this.tally();
    this.swap(true);
  }

  /** Either the two answers or the button to go on; the focus goes along. */
  swap(on) {
    const focused = focusedIn(this.element);
    const here = [...this.choices, this.next].some((button) => button === focused);
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
    [...this.dots.children].forEach(
      (dot, k) =>
        (dot.className = k < guesses.length ? (guesses[k].right ? "right" : "wrong") : k === this.at ? "now" : ""),
    );
    this.dots.setAttribute("aria-label", `${guesses.length} of ${MANY} answered, ${you} right`);
    return { you, d };
  }

  conclude() {
    const { you, d } = this.tally();
    const { guesses } = this;
    this.won.textContent =
      you > d ? `You beat D, ${you} to ${d}` : you < d ? `D wins, ${d} to ${you}` : `A draw: ${you} each`;
    this.bars.replaceChildren(
      bar("You", you, "you"),
      bar("D", d, "d"),
      h("p", {}, "The dashed line is pure guessing."),
    );
    const fooled = guesses.filter(({ truth, right }) => truth === "generated" && !right).length;
    const made = guesses.filter(({ truth }) => truth === "generated").length;
    this.lesson.textContent = `You mistook ${fooled} of ${made} generated pictures for real${fooled * 2 >= made ? ": to you they look like the data" : ""}.`;
    const wrong = guesses.flatMap((one, k) => (one.right ? [] : [this.mistake(one, k)]));
    this.missed.replaceChildren(
      ...(wrong.length ? [h("h4", {}, "Where you were wrong"), ...wrong] : [h("h4", {}, "Not one wrong.")]),
    );
    this.end.querySelector(".quiz-confetti")?.remove();
    if (you > d)
      this.end.append(
        h("div", { class: "quiz-confetti", "aria-hidden": "true" }, ...Array.from({ length: 28 }, confetto)),
      );
    this.won.focus({ preventScroll: true });
  }

  mistake({ truth, d, d_score, d_right }, k) {
    const canvas = h("canvas", { role: "img", "aria-label": `Picture ${k + 1}: ${truth}` });
    drawSheet(canvas, this.round.pictures, k, 1, 1, 0);
    const d_said = `D: ${said(d, d_score)}${d_right ? "" : ", wrong too"}`;
    return h("figure", { "data-truth": truth }, canvas, h("figcaption", {}, h("b", {}, WORDS[truth]), h("br"), d_said));
  }

  say(sentence) {
    this.verdict.dataset.right = "";
    this.verdict.textContent = sentence;
  }

  named() {
    const step = this.steps[this.time.value];
    this.when.textContent = step === null ? "latest" : `step ${number(step)}`;
  }

  key(event) {
    if (!this.shown || event.repeat || event.ctrlKey || event.metaKey || event.altKey || this.at >= MANY) return;
    const from = event.composedPath()[0];
    if (from.matches?.("input, textarea, select, [contenteditable], [role=tab], [role=combobox], [role=option]"))
      return;
    const answered = this.guesses.length > this.at;
    const guess = { ArrowLeft: "real", ArrowRight: "generated" }[event.key];
    const on = guess || ((event.key === "Enter" || event.key === " ") && !from.matches?.("button, a, summary"));
    if (answered ? !on : !guess) return;
    event.preventDefault();
    if (answered) this.goOn();
    else this.guess(guess);
  }
}

/** Whether picture k is one shade all over, as a collapsed generator makes them. */
function isEven({ pixels, h: high, w, c }, k) {
  const own = pixels.subarray(k * high * w * c, (k + 1) * high * w * c);
  return own.reduce((a, b) => Math.max(a, b)) - own.reduce((a, b) => Math.min(a, b)) < EVEN;
}

/** A bar of how many of twenty, with a line at the half. */
function bar(name, right, kind) {
  const filled = h("i");
  filled.style.width = `${(100 * right) / MANY}%`;
  const label = `${name}: ${right} of ${MANY} right, ${percent(right / MANY)}`;
  return h(
    "div",
    { class: kind, role: "img", "aria-label": label },
    h("b", {}, name),
    h("span", {}, filled),
    `${right} of ${MANY} · ${percent(right / MANY)}`,
  );
}

function confetto(_, k) {
  const one = h("i");
  Object.assign(one.style, {
    left: `${Math.random() * 100}%`,
    background: `var(${CONFETTI[k % 4]})`,
    animationDelay: `${Math.random() * 0.5}s`,
  });
  one.style.setProperty("--turn", `${Math.round(Math.random() * 720 - 360)}deg`);
  return one;
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
