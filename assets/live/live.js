// The live view of a run: how it stands, its pictures, its curves. It asks GET …/series.

import { PictureViewer } from "./picture-viewer.js";
import { Chart } from "../charts/chart.js";
import { Coverage } from "./coverage.js";
import { duration, h, number, percent } from "../base/dom.js";
import { mounting } from "../base/mount.js";
import { stage } from "../base/stage.js";
import { explained } from "../base/terms.js";
import { STATUS } from "../base/words.js";
import { Health } from "./health.js";
import { follow } from "../charts/feed.js";

const RECENT = 30; // records from which the time left is reckoned
const TWEEN = 600; // ms a counter takes to its new value

class View {
  constructor(parent) {
    this.chip = h("span", { class: "base-chip", "data-testid": "live-status", role: "status" });
    this.step = fact("step", "");
    this.epoch = fact("epoch", "");
    this.speed = fact("", "images/s");
    this.time = fact("", "trained");
    this.step.value.dataset.testid = "live-step";
    this.fill = h("i");
    const range = { "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 };
    const place = { class: "base-bar", role: "progressbar", "data-testid": "live-progress" };
    this.progress = h("div", { ...place, ...range }, this.fill);
    this.left = h("span", { class: "live-left" });
    this.note = h("p", { class: "live-note", role: "status", hidden: true });
    this.light = new Health();
    this.coverage = new Coverage();
    this.chart = new Chart(
      (step) => this.pictures.seek(step),
      (panel) => this.presents({ panel }),
    );
    this.pictures = new PictureViewer({
      onstep: (step) => this.look(step),
      onshow: (tiles) => this.chart.picture(tiles),
      onfork: (step) => this.tell?.("fork", step),
    });
    const facts = [this.step, this.epoch, this.speed, this.time];
    const budget = h("div", { class: "live-budget" }, this.progress, this.left);
    const parts = [this.pictures, this.coverage, this.chart].map(({ element }) => element);
    this.element = h(
      "section",
      { class: "live", "aria-label": "Live view of the run" },
      h("header", { class: "live-bar" }, this.chip, ...facts.map(({ element }) => element), budget),
      this.light.element,
      this.note,
      h("div", { class: "live-body" }, ...parts),
    );
    parent.append(this.element);
    this.obeyed = { panel: "", step: null }; // what the teacher showed here last
    this.deaf = stage.listen(() => this.obey());
  }

  /** The class sees the chart and the moment that the teacher sees. */
  presents(part) {
    if (this.data?.view === "full") stage.show(part);
  }

  /** Goes where the teacher is in this run, whenever that is somewhere else; to a chart once that can be shown. */
  obey() {
    const scene = stage.followed;
    if (!scene || this.data?.view !== "full" || !this.following?.feed.length) return;
    const { panel, step } = scene;
    if (panel !== this.obeyed.panel && (!panel || this.chart.show(panel))) this.obeyed.panel = panel;
    if (step === this.obeyed.step) return;
    this.obeyed.step = step;
    this.pictures.seek(step ?? Infinity);
  }

  /** data: {run, view: "full" or "compact", points, count, classes, columns, forks, now} of ui/shared/live_view.py. */
  show(data, tell) {
    const moved = data.run !== this.data?.run;
    this.data = data;
    this.tell = tell;
    this.element.classList.toggle("live-compact", data.view === "compact");
    this.chart.points = data.points;
    this.chart.states = data.from_source ? [] : (data.states ?? []);
    if (moved) {
      this.following?.stop();
      this.following = follow(data.run, (feed) => this.update(feed));
      this.update(this.following.feed);
    } else {
      this.following.feed.poke(); // the page ran again: somebody may have done something
      this.chart.draw(true);
    }
  }

  update(feed) {
    if (feed !== this.following?.feed) return;
    this.element.classList.toggle("live-empty", !feed.length);
    this.bar(feed);
    this.say(feed);
    this.light.show(feed.light);
    this.pictures.update(feed, this.data);
    this.coverage.show(feed, this.at);
    // The chart comes after the first picture: Plotly takes a second to load.
    if (this.data.view !== "compact" && feed.state !== "loading") this.chart.update(feed);
    this.obey();
  }

  /** Shows the moment at which the time slider stands; null is now. */
  look(step) {
    this.at = step;
    this.light.past((step ?? null) !== null);
    this.coverage.show(this.following.feed, step);
    this.chart.look(step);
    this.presents({ step: step ?? null });
  }

  bar(feed) {
    const state = feed.state === "live" ? feed.status : feed.state;
    this.chip.dataset.status = state;
    this.chip.textContent = STATUS[state] ?? state;
    const newest = feed.newest();
    this.step.set(newest.step);
    this.epoch.set(newest.epoch, 2);
    const mean = newest.seconds > 0 ? (feed.last("images") ?? 0) / newest.seconds : null;
    this.speed.set(state === "training" ? feed.last("images_per_second") : mean);
    this.time.say(duration(newest.seconds));
    const done = Math.min(1, fraction(feed, newest));
    this.progress.setAttribute("aria-valuenow", String(Math.round(100 * done)));
    this.fill.style.width = `${100 * done}%`;
    const rest = state === "training" ? timeLeft(feed) : null;
    const share = percent(Math.floor(100 * done) / 100); // 100 % only at the end
    this.left.textContent = rest === null ? share : `${share}, about ${duration(rest)} left`;
    if (this.data.view !== "compact" && STATUS[state])
      document.title = `${STATUS[state]} ${state === "training" ? `${share} ` : ""}· Forger`;
  }

  say(feed) {
    const text = sentence(feed);
    this.note.textContent = text;
    this.note.hidden = !text;
    this.note.classList.toggle("live-bad", Boolean(feed.error) && feed.state === "live");
  }

  destroy() {
    this.deaf();
    this.following?.stop();
    this.pictures.destroy();
    this.chart.destroy();
    this.element.remove();
  }
}

function sentence(feed) {
  if (feed.state === "gone") return "This run is no longer there.";
  if (feed.state === "lost") return "The server does not answer. Trying again …";
  if (feed.error) return feed.error;
  if (feed.status === "queued")
    return feed.place > 1
      ? `Other runs are training. This one is number ${feed.place} in line and will start automatically.`
      : "Another run is training. Yours is next and will start automatically.";
  if (feed.status !== "training" || feed.length) return "";
  if (feed.samples.fixed.at(-1) > 0) return ""; // a picture is there before the first record
  return feed.samples.fixed.length
    ? "Waiting for the first step. This is what the untrained generator draws."
    : "Preparing data and networks …";
}

/** How much of the budget is used, 0 to 1, where a run has { step, epoch, seconds }. */
function fraction(feed, { step, epoch, seconds }) {
  const used = { steps: step, epochs: epoch, seconds };
  const shares = Object.entries(feed.control.budget).map(([name, total]) => (used[name] ?? 0) / total);
  return Math.max(0, ...shares);
}

/** Seconds until the budget is used, by the pace of the newest records; null when nobody can tell. */
function timeLeft(feed) {
  const end = feed.record(feed.length - 1);
  const start = feed.record(Math.max(0, feed.length - 1 - RECENT));
  const done = fraction(feed, end);
  const gained = done - fraction(feed, start);
  const seconds = end.seconds - start.seconds;
  return gained > 0 && seconds > 0 ? ((1 - Math.min(1, done)) * seconds) / gained : null;
}

/** A number that counts up to a new value, with a word before or after it. */
function fact(before, after) {
  const value = h("b");
  const element = h("span", { class: "live-fact" }, ...explained(before), " ", value, " ", after);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let shown = null;
  let timer;
  const set = (target, digits = 0) => {
    clearInterval(timer);
    value.dataset.value = target ?? "";
    const from = shown;
    const started = performance.now();
    const put = (amount) => {
      shown = amount;
      value.textContent = number(amount, digits);
    };
    if (from === null || target === null || still.matches || target < from) return put(target);
    timer = setInterval(() => {
      const share = Math.min(1, (performance.now() - started) / TWEEN);
      put(from + (target - from) * share);
      if (share === 1) clearInterval(timer);
    }, 60);
  };
  return { element, value, set, say: (text) => (value.textContent = text) };
}

export default mounting(View);
