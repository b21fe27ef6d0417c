// The question of a failure: what will happen? One answer, kept in this browser, and the measured verdict when it comes.
import { follow } from "../charts/feed.js";
import { h, number } from "../base/dom.js";
import { mounting } from "../base/mount.js";
import { read, write } from "../base/storage.js";

const KEPT = "forger-predictions"; // in the browser: [{case, answer, run}], `run` once one has answered it
const MOST = 60; // of them
const ENDED = ["finished", "stopped", "failed"];

/** @typedef {{case: string, answer: string, run: string, right?: boolean}} Prediction */

/** All predictions of this browser, oldest first. @returns {Prediction[]} */
function predictions() {
  return /** @type {Prediction[]} */ (read(KEPT) ?? []).filter((one) => one && typeof one.answer === "string");
}

/**
 * What happened, by what a run's feed tells: the name of an outcome, its title and the step where it began; null while
 * nobody can tell. A run that ended without a fault has worked.
 * @param {{light: any, status: string, newest: () => {step: number}}} feed
 * @param {string} working the name of that outcome
 */
export function outcome(feed, working) {
  const { light, status } = feed;
  if (light?.level === "bad") return { name: light.name, title: light.title, seen: light.seen, step: light.step };
  if (!ENDED.includes(status)) return null;
  const title = light?.level === "good" ? light.title : "No fault was found";
  return { name: working, title, seen: light?.seen ?? "", step: feed.newest().step };
}

/** The predictions with one more, or with another answer to the same question; the newest comes last. */
export function withAnswer(list, one) {
  const others = list.filter(({ case: name, run }) => name !== one.case || (run && run !== one.run));
  return [...others, one].slice(-MOST);
}

class Question {
  constructor(root) {
    this.legend = h("legend", {}, "What will happen?");
    this.choices = h("div", { class: "failures-choices" });
    this.set = h("fieldset", {}, this.legend, this.choices);
    this.verdict = h("div", { class: "failures-verdict", role: "status", "data-testid": "verdict-of-prediction" });
    this.element = h("section", { class: "failures", "aria-label": "Prediction" }, this.set, this.verdict);
    root.append(this.element);
  }

  /** data: {case, answers: [{name, words}], working, run, answered} of ui/failures/prediction.py. */
  show(data, tell) {
    const fresh = data.case !== this.data?.case || data.run !== this.data?.run;
    this.data = data;
    this.tell = tell;
    if (!fresh) return;
    this.following?.stop();
    this.found = null;
    this.draw();
    if (!data.run && !data.answered && this.answer) tell("picked", data.case);
    if (data.run) this.following = follow(data.run, (feed) => this.look(feed));
  }

  /** What was answered to this question, "" for nothing yet. A run takes the answer that was given before it began. */
  get answer() {
    const { case: asked, run: here } = this.data;
    return predictions().findLast(({ case: name, run }) => name === asked && ["", here].includes(run))?.answer ?? "";
  }

  draw() {
    const { answers, case: name } = this.data;
    const chosen = this.answer;
    const options = answers.map(({ name: value, words }) => {
      const box = h("input", { type: "radio", name: `prediction-${name}`, value, checked: value === chosen });
      box.onchange = () => this.pick(value);
      return h("label", {}, box, h("span", {}, words));
    });
    this.choices.replaceChildren(...options);
    this.reveal();
  }

  pick(answer) {
    write(KEPT, withAnswer(predictions(), { case: this.data.case, answer, run: this.data.run }));
    if (!this.data.run) this.tell("picked", this.data.case);
    this.reveal();
  }

  look(feed) {
    if (feed !== this.following?.feed || this.found) return;
    this.found = feed.state === "loading" ? null : outcome(feed, this.data.working);
    this.reveal();
  }

  /** What happened, beside what was said; before that, that it is being waited for. */
  reveal() {
    const { found, data, answer } = this;
    this.set.disabled = Boolean(found);
    this.element.dataset.state = found ? "told" : data.run ? "running" : "open";
    for (const label of /** @type {Iterable<HTMLElement>} */ (this.choices.children)) {
      const { value } = label.querySelector("input");
      label.dataset.mark = !found ? "" : value === found.name ? "right" : value === answer ? "wrong" : "";
    }
    if (!found) {
      const waiting = answer ? "It is training. The verdict will tell." : "It is training. You may still guess.";
      this.verdict.replaceChildren(data.run ? waiting : "");
      return;
    }
    const right = answer === found.name;
    if (answer) write(KEPT, withAnswer(predictions(), { case: data.case, answer, run: data.run, right }));
    const said = answer ? (right ? "✓ You called it." : "× Not what you said.") : "You made no guess.";
    this.verdict.dataset.mark = answer ? (right ? "right" : "wrong") : "";
    this.verdict.replaceChildren(
      h("p", {}, h("b", {}, said), ` ${found.title}, at step ${number(found.step)}. ${found.seen}`),
      h("p", { class: "failures-tally" }, score(predictions())),
    );
  }

  destroy() {
    this.following?.stop();
    this.element.remove();
  }
}

/** How many cases were called right, by the newest answer to each; "" where none was answered. */
export function score(list) {
  const newest = new Map(list.filter(({ run }) => run).map((one) => [one.case, one]));
  const right = [...newest.values()].filter((one) => one.right).length;
  return newest.size ? `You have called ${right} of ${newest.size} ${newest.size === 1 ? "case" : "cases"}.` : "";
}

export default mounting(Question);
