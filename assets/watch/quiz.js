// Real or generated? Ten pictures against D, which judges the same ones, all in the page.
import { drawSheet } from "../base/canvas.js";
import { h, say } from "../base/dom.js";
import { anySeed } from "../base/latent.js";
import { verdict } from "../base/words.js";
import { Round } from "../quiz/round.js";

const MANY = 10; // pictures of a round, half of them real

export class Quiz {
  /** @param {import("./painter.js").Painter} painter */
  constructor(painter) {
    this.painter = painter;
    this.critic = ""; // the name of D's weights, while they are held
    this.canvas = h("canvas", { role: "img", class: "watch-sample", "data-part": "question" });
    this.verdict = h("p", { role: "status", "data-part": "verdict" });
    this.score = h("b", { "data-part": "score" });
    this.guesses = ["real", "generated"].map((word) => {
      const button = h("button", { type: "button", "data-part": word }, word === "real" ? "Real" : "Generated");
      button.onclick = () => this.guess(word);
      return button;
    });
    this.next = h("button", { type: "button", "data-part": "next", hidden: true }, "Next");
    this.next.onclick = () => (this.at + 1 < MANY ? this.ask(this.at + 1) : this.deal());
    this.source = h("p", { class: "watch-note" });
    const buttons = h("div", { class: "watch-row" }, ...this.guesses, this.next);
    this.start = h("button", { type: "button", "data-part": "deal" }, "Begin");
    this.start.onclick = () => this.deal();
    this.board = h(
      "div",
      { class: "watch-quiz", hidden: true },
      this.canvas,
      h("div", {}, this.score, this.verdict, buttons, this.source),
    );
    this.note = h("p", { "data-part": "quiz-note" });
    this.element = h("div", {}, this.note, this.start, this.board);
  }

  show(feed, view) {
    this.feed = feed;
    this.view = view;
    const ready = Boolean(feed.critic && view && !view.quiz && feed.generators.length);
    this.start.hidden = !ready || !this.board.hidden;
    if (!ready) say(this.note, view?.quiz ? `Not available because ${view.quiz}.` : feed.why);
    else say(this.note, "");
  }

  /** A new round by the newest generator. */
  async deal() {
    const { feed, view, painter } = this;
    const { source } = painter;
    this.start.hidden = true;
    say(this.note, "Dealing …");
    try {
      const d = await source.critic(feed);
      this.critic = d.weights;
      const critic = await painter.hold(d.program, d.weights);
      const hand = await source.hand(feed, view, anySeed(), MANY);
      const generator = await painter.hold(feed.program, feed.generators.at(-1)[1]);
      const round = new Round(hand, await painter.draw(generator, hand.z));
      this.round = round.judged(await painter.read(critic, round.pictures.pixels));
      this.answers = [];
      this.source.textContent = `Half are real (${view.real_source}).`;
      say(this.note, "");
      this.board.hidden = false;
      this.ask(0);
    } catch (error) {
      this.start.hidden = false;
      say(this.note, error.message);
    }
  }

  ask(at) {
    this.at = at;
    drawSheet(this.canvas, this.round.pictures, at, 1, 1, 0);
    this.canvas.setAttribute("aria-label", `Picture ${at + 1} of ${MANY}: real or generated?`);
    say(this.verdict, `Picture ${at + 1} of ${MANY}: real or generated?`);
    this.swap(false);
    this.tally();
  }

  guess(word) {
    const told = this.round.guess(this.at, word);
    this.answers.push(told);
    const [you, d] = [told.right, told.d_right].map((right) => (right ? "right" : "wrong"));
    say(this.verdict, `${you[0].toUpperCase()}${you.slice(1)}: ${told.truth}. ${verdict(told.d, told.d_score)}: ${d}.`);
    this.next.textContent = this.at + 1 < MANY ? "Next" : "Another round";
    this.swap(true);
    this.tally();
  }

  swap(answered) {
    this.guesses.forEach((button) => (button.hidden = answered));
    this.next.hidden = !answered;
  }

  tally() {
    const count = (who) => this.answers.filter((answer) => answer[who]).length;
    say(this.score, `You ${count("right")} · D ${count("d_right")} of ${this.answers.length}`);
  }
}
