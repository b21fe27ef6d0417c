// A guided lesson on the page: what is said, the guess, the run, and what was measured. It is kept in this browser.
import { h, redraw } from "../base/dom.js";
import { json } from "../base/http.js";
import { stage } from "../base/stage.js";
import { read, write } from "../base/storage.js";
import { follow } from "../charts/feed.js";
import { answers } from "./answers.js";
import { rendered } from "./markdown.js";
import { measured, query, rightOf, worded } from "./measure.js";

const KEPT = "forger-lesson";
/** What is kept: where one is, the runs that the lesson started, and by step what was picked, started and measured. */
const fresh = (name = "") => ({
  ...{ name, at: 0, open: true, folded: false, runs: [], starting: null },
  ...{ picks: {}, before: {}, started: {}, since: {}, values: {}, steps: {} },
});

export class LessonPanel {
  /** @param {import("./pointer.js").Pointer} pointer @param {(name: string, value: any) => void} tell */
  constructor(pointer, tell) {
    this.pointer = pointer;
    this.tell = tell;
    /** @type {any} */
    this.state = { ...fresh(), open: false, ...read(KEPT)?.[0] };
    this.element = h("section", { class: "guide-panel", "data-testid": "lesson", hidden: true });
    this.lesson = null;
    /** @type {{page: string, query: Record<string, string>}} */
    this.place = { page: "", query: {} };
    this.run = "";
    this.driving = false;
  }

  get step() {
    return this.lesson?.steps[this.state.at];
  }

  /** What the page tells: where it is, the run on it, who drives. */
  async show({ place, run, driving }) {
    if ("show" in place.query) return; // a projector: the lesson is in another tab
    const came = JSON.stringify(place) !== JSON.stringify(this.place);
    Object.assign(this, { place, driving, run: place.query.run ?? run });
    const asked = came && place.page === "learn" && place.query.lesson;
    if (asked) await this.begin(asked);
    if (!this.state.open) return this.draw();
    await this.load();
    const { at, started, before } = this.state;
    const byHand = this.step?.run && at in before && !(at in started) ? { at, before: before[at] } : null;
    const starting = this.state.starting ?? byHand;
    if (starting && place.query.run && place.query.run !== starting.before) this.begun(starting.at, place.query.run);
    if (asked) this.go();
    this.enter();
  }

  /** A link names a lesson: from its beginning, or where it was left. */
  async begin(name) {
    const known = this.state.name === name;
    this.keep(known ? { open: true, folded: false } : fresh(name));
    if (!known) this.lesson = null;
  }

  async load() {
    if (this.lesson?.name === this.state.name) return;
    this.lesson = await json(`/api/lessons/${this.state.name}`, { tries: 10 }).catch((error) => ({
      error: error.message,
    }));
    this.state.at = Math.min(this.state.at, (this.lesson.steps?.length ?? 1) - 1);
  }

  keep(changes) {
    Object.assign(this.state, changes);
    write(KEPT, [this.state]);
  }

  /**
   * The run that is measured: the lesson's newest, or the one on the page. In a step that starts one, none before that is
   * there; who only watches sees it come on the page.
   */
  get measuredRun() {
    const { at, runs, started, before } = this.state;
    if (!this.step?.run) return runs.at(-1) ?? this.run;
    if (this.driving) return started[at] ?? "";
    return started[at] ?? (at in before && this.run !== before[at] ? this.run : "");
  }

  /** The run of a step is there. */
  begun(at, run) {
    const { runs, started } = this.state;
    const all = runs.at(-1) === run ? runs : [...runs, run];
    this.keep({ starting: null, runs: all, started: { ...started, [at]: run } });
    this.watched = null;
  }

  /** Begins or goes on with the step: points, asks the class, waits for what is measured. */
  enter() {
    const { step } = this;
    if (!step) return this.draw();
    const there = step.point && step.point.page === this.place.page && !this.state.folded;
    if (this.pointed !== (there ? `${this.state.at}${step.point.selector}` : "")) {
      this.pointed = there ? `${this.state.at}${step.point.selector}` : "";
      this.pointer.at(there ? step.point : null);
    }
    if (stage.role === "teacher" && step.ask && !(this.state.at in this.state.values) && this.asked !== step.ask) {
      this.asked = step.ask;
      stage.post({ ask: { text: step.ask, options: step.picks.map(({ text }) => text) } });
    }
    const { at, before } = this.state;
    if (step.run && !(at in before)) this.keep({ before: { ...before, [at]: this.run } });
    this.watch();
    this.draw();
  }

  /** Follows the run for as long as the step has something to measure. */
  watch() {
    const { at, values } = this.state;
    const run = this.step?.measure && !(at in values) && this.measuredRun;
    if (run === this.watched) return;
    if (run && this.step.run && this.state.started[at] !== run) this.begun(at, run);
    this.following?.stop();
    this.following = null;
    this.watched = run;
    if (run) this.following = follow(run, (feed) => this.look(feed));
  }

  look(feed) {
    const { at, since, picks } = this.state;
    const { step } = this;
    if (!step?.measure || feed.state !== "live" || feed.id !== this.measuredRun) return;
    if (since[at]?.[0] !== feed.id)
      this.keep({ since: { ...since, [at]: [feed.id, step.run ? 0 : feed.events.length] } });
    if (step.ask && !(at in picks)) return;
    const { done, value, step: moment } = measured(feed, step.measure, this.state.since[at][1]);
    if (!done) return;
    this.keep({ values: { ...this.state.values, [at]: value }, steps: { ...this.state.steps, [at]: moment } });
    this.tellClass(rightOf(this.step.picks, value));
    this.watch();
    this.draw();
  }

  /** The class hears the place of the right answer. */
  tellClass(right) {
    const { question } = stage.told;
    if (stage.role !== "teacher" || question?.text !== this.step.ask || question.right !== null || right < 0) return;
    stage.post({ answer: { question: question.id, right } });
  }

  move(by) {
    this.keep({ at: Math.min(Math.max(0, this.state.at + by), this.lesson.steps.length - 1) });
    if (stage.role === "teacher" && stage.told.question && !this.step.ask) stage.post({ ask: null });
    this.go();
    this.enter();
  }

  /** Opens the page of the step, unless it is on show. */
  go() {
    const { step } = this;
    if (!step?.page) return;
    const wanted = query(step, this.state.runs);
    const here = step.page === this.place.page && Object.entries(wanted).every(([k, v]) => this.place.query[k] === v);
    this.pointed = "";
    if (!here) this.tell("go", { page: step.page, query: wanted });
  }

  pick(k) {
    this.keep({ picks: { ...this.state.picks, [this.state.at]: k } });
    this.watched = null; // measured anew, now that there is a guess
    if (!this.step.measure) this.tellClass(this.step.picks.findIndex(({ op }) => op === "right"));
    this.enter();
  }

  start() {
    this.keep({ starting: { at: this.state.at, before: this.place.query.run ?? "" } });
    this.tell("start", { lesson: this.state.name, step: this.state.at });
  }

  draw() {
    const { open, folded } = this.state;
    this.element.hidden = !open || !this.lesson;
    if (this.element.hidden) return;
    this.element.classList.toggle("guide-folded", folded);
    this.element.setAttribute("aria-label", `Lesson: ${this.lesson.title ?? this.state.name}`);
    redraw(this.element, this.head(), ...(folded ? [] : this.body()));
  }

  head() {
    const { lesson, state } = this;
    const fold = button(state.folded ? "Unfold" : "Fold", "fold", () => {
      this.keep({ folded: !state.folded });
      this.enter();
    });
    const leave = button("Leave", "leave", () => this.leave());
    leave.title = "What you did is kept in this browser: the lesson goes on from here.";
    const where = lesson.steps ? `${state.at + 1} of ${lesson.steps.length}` : "";
    return h("header", {}, h("b", {}, lesson.title ?? "Lesson"), h("span", {}, where), fold, leave);
  }

  body() {
    const { lesson, step, state } = this;
    if (!step) return [h("p", { role: "alert" }, lesson.error ?? "")];
    /** @type {Node[]} */
    const parts = [h("h2", {}, step.title), ...rendered(step.text)];
    const found = state.at in state.values;
    if (step.ask) parts.push(this.question(step, found));
    if (step.run && !found) parts.push(this.starter(step));
    if (step.measure)
      parts.push(h("p", { class: "guide-found", role: "status", "data-testid": "found" }, this.result()));
    return [...parts, this.foot(lesson)];
  }

  question(step, found) {
    const picked = this.state.picks[this.state.at] ?? null;
    const known = step.picks.findIndex(({ op }) => op === "right"); // where nothing is measured
    const told = step.measure || picked === null || known < 0 ? null : known;
    const right = found ? rightOf(step.picks, this.state.values[this.state.at]) : told;
    const onpick = right !== null ? null : (k) => this.pick(k);
    const { question } = stage.told;
    const counts = stage.role && question?.text === step.ask ? question.counts : null;
    return answers({ text: step.ask, options: step.picks.map(({ text }) => text), picked, right, counts, onpick });
  }

  starter(step) {
    const guessed = !step.ask || this.state.at in this.state.picks;
    if (!guessed) return h("p", { class: "guide-hint" }, "Pick an answer first; then the run starts.");
    if (!this.driving) return h("p", { class: "guide-hint" }, "Whoever drives starts it; you see it here as well.");
    const { at, started } = this.state;
    return button(started[at] ? "Start it again" : "Start it", "start", () => this.start(), "guide-first");
  }

  /** What was measured, in a sentence; or what is waited for. */
  result() {
    const { step, state } = this;
    const { at } = state;
    if (!(at in state.values)) {
      const waits = this.watched && (!step.ask || at in state.picks);
      return waits ? "Measuring …" : "";
    }
    const value = state.values[at];
    const text =
      value === null
        ? step.never || "It did not happen."
        : (step.found || "Done.").replace("{value}", worded(value)).replace("{step}", worded(state.steps[at]));
    if (!step.ask || !(at in state.picks)) return `✓ ${text}`;
    const right = rightOf(step.picks, value) === state.picks[at];
    return `${text} You said: ${step.picks[state.picks[at]].text}. ${right ? "You were right." : "Not this time."}`;
  }

  foot(lesson) {
    const { at } = this.state;
    const back = button("Back", "back", () => this.move(-1));
    back.disabled = at === 0;
    const last = at === lesson.steps.length - 1;
    const next = last ? button("Finish", "next", () => this.finish()) : button("Next", "next", () => this.move(1));
    const waits = this.step.measure && !(at in this.state.values);
    if (!waits) next.classList.add("guide-first");
    const show = this.step.page || this.step.point ? [button("Show me", "show", () => (this.go(), this.enter()))] : [];
    return h("footer", {}, back, ...show, next);
  }

  leave() {
    this.keep({ open: false });
    this.pointer.at(null);
    this.watch();
    this.draw();
    if (this.place.query.lesson) this.tell("go", { page: "learn", query: {} }); // so that the same link opens it again
  }

  finish() {
    if (stage.role === "teacher" && stage.told.question) stage.post({ ask: null });
    this.leave();
    this.keep({ ...fresh(), open: false });
    this.tell("go", { page: "learn", query: {} });
  }

  destroy() {
    this.following?.stop();
    this.element.remove();
  }
}

function button(text, name, act, kind = "") {
  const made = h("button", { type: "button", class: kind, "data-do": name }, text);
  made.onclick = act;
  return made;
}
