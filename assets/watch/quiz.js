// Real or generated? Ten pictures against D, which judges the same ones, all in the page.
import { drawSheet } from "../base/canvas.js";
import { h, percent, say } from "../base/dom.js";
import { anySeed, drawVectors, normals, pack } from "../base/latent.js";
import { said } from "../base/words.js";

const MANY = 10; // pictures of a round, half of them real
const WORDS = { real: "real", generated: "generated" };

export class Quiz {
  /** @param {import("./painter.js").Painter} painter */
  constructor(painter) {
    this.painter = painter;
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
    const ready = Boolean(feed.critic && view && feed.generators.length);
    this.start.hidden = !ready || !this.board.hidden;
    if (!ready) say(this.note, view?.quiz ? `Not available because ${view.quiz}.` : feed.why);
    else say(this.note, "");
  }

  /** A new round by the newest generator. */
  async deal() {
    const { feed, view, painter } = this;
    const [c, high, w] = view.shape;
    const size = c * high * w;
    this.start.hidden = true;
    try {
      const generator = await painter.hold(feed.program, feed.generators.at(-1)[1]);
      const critic = await painter.hold(feed.critic.program, feed.critic.weights);
      const real = new Uint8Array(await painter.source.files.read(feed.critic.real));
      const z = pack(drawVectors(anySeed(), MANY / 2, view.z_dim));
      const made = await painter.draw(generator, z);
      this.truth = shuffled(MANY).map((k) => k < MANY / 2);
      const rows = shuffled(real.length / size);
      const pixels = new Uint8Array(MANY * size);
      let [reals, fakes] = [0, 0];
      this.truth.forEach((isReal, k) => {
        const from = size * (isReal ? rows[reals++ % rows.length] : fakes++);
        pixels.set((isReal ? real : made.pixels).subarray(from, from + size), k * size);
      });
      this.pictures = { pixels, n: MANY, h: high, w, c };
      this.opinions = await painter.read(critic, pixels);
      this.answers = [];
      this.source.textContent = `Real ones: ${view.real_source}. ${feed.about.d?.note ?? ""}`;
      this.board.hidden = false;
      this.ask(0);
    } catch (error) {
      this.start.hidden = false;
      say(this.note, error.message);
    }
  }

  ask(at) {
    this.at = at;
    drawSheet(this.canvas, this.pictures, at, 1, 1, 0);
    this.canvas.setAttribute("aria-label", `Picture ${at + 1} of ${MANY}: real or generated?`);
    say(this.verdict, `Picture ${at + 1} of ${MANY}: real or generated?`);
    this.swap(false);
    this.tally();
  }

  guess(word) {
    const { d, p } = this.opinions;
    const [truth, score] = [this.truth[this.at] ? "real" : "generated", d[this.at]];
    const by = score > 0 ? "real" : "generated";
    this.answers.push({ you: word === truth, d: by === truth });
    const share = p ? p[this.at] : null;
    const opinion = share === null ? `${by}, ${said(null, score)}` : `${percent(Math.max(share, 1 - share))} ${by}`;
    say(
      this.verdict,
      `${word === truth ? "Right" : "Wrong"}: ${WORDS[truth]}. D says ${opinion}: ${by === truth ? "right" : "wrong"}.`,
    );
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
    say(this.score, `You ${count("you")} · D ${count("d")} of ${this.answers.length}`);
  }
}

/** The numbers below n in any order. */
function shuffled(n) {
  const noise = normals(anySeed());
  const keys = Array.from({ length: n }, () => noise.next().value);
  return [...keys.keys()].sort((a, b) => keys[a] - keys[b]);
}
