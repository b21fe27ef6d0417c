// A run for the back row: one picture, one chart, the verdict; steered by keys.

import { duration, h, number } from "../base/dom.js";
import { mounting } from "../base/mount.js";
import { stage } from "../base/stage.js";
import { STATUS } from "../base/words.js";
import { Curves, PANELS } from "../charts/curves.js";
import { follow } from "../charts/feed.js";
import { has } from "../charts/panels.js";
import { answers } from "../guide/answers.js";
import { Health } from "../live/health.js";
import { PictureViewer } from "../live/picture-viewer.js";
import { KEYS, deed, moved } from "./keys.js";

const TEXT = 0.0265; // size of the type of a chart, of the height of the screen
const STILL_MS = 2500; // without a move until the pointer hides
const SAID_MS = 4000; // that a sentence stays
const ASKS = ["play", "both", "d", "g"]; // what changes the run
const SORTS = ["fixed", "random", "real"];
const NO_RUN = "Nothing is trained yet. Start a run on the page Train: it will be shown here.";
const NO_PIN = "You are watching: enter the PIN on the Train page to take control.";
const NO_ADDRESS = "Only this computer can open the page. Started with “make class” it lets phones in.";

class View {
  constructor(parent) {
    this.title = h("h1");
    this.chip = h("b", { class: "base-chip", role: "status", "data-testid": "show-status" });
    this.facts = h("span", { class: "show-facts", "data-testid": "show-facts" });
    this.light = new Health();
    this.pictures = new PictureViewer({ onstep: (step) => this.look(step) });
    this.plot = h("div", { class: "base-plot", role: "group", "aria-label": "Chart", "data-testid": "show-chart" });
    this.curves = new Curves(this.plot);
    this.tabs = h("p", { class: "show-charts" });
    this.said = h("p", { class: "show-said", role: "alert", hidden: true });
    this.asked = h("div", { class: "show-sheet show-asked", hidden: true, "data-testid": "show-asked" });
    this.help = h("dl", { class: "show-sheet show-help", hidden: true, "data-testid": "show-help" }, ...lines());
    this.poster = h("div", { class: "show-sheet show-poster", hidden: true, "data-testid": "show-poster" });
    this.black = h("div", { class: "show-sheet show-black", hidden: true, "data-testid": "show-black" });
    const right = h("div", { class: "show-right" }, this.light.element, this.tabs, this.plot);
    this.element = h(
      "section",
      { class: "live show", "aria-label": "The run on a projector" },
      h("header", {}, this.title, this.chip, this.facts),
      h("div", { class: "show-body" }, this.pictures.element, right),
      this.said,
      this.bar(),
      ...[this.asked, this.help, this.poster, this.black],
    );
    parent.append(this.element);
    this.deaf = stage.listen(() => this.hear());
    this.onkey = (event) => this.press(event);
    this.onmove = () => this.wake();
    this.onsize = () => this.fit();
    this.fit();
    addEventListener("keydown", this.onkey, true);
    addEventListener("pointermove", this.onmove);
    addEventListener("resize", this.onsize);
    this.wake();
  }

  /** What a pointer can press; it goes with the pointer. */
  bar() {
    const button = (text, name) => {
      const made = h("button", { type: "button" }, text);
      made.onclick = () => this.act(name);
      return made;
    };
    this.leave = h("a", { href: ".", target: "_self" }, "Leave");
    const all = [button("Full screen", "full"), button("QR code", "poster"), button("Keys", "help"), this.leave];
    return h("nav", { class: "show-bar", "aria-label": "Projector" }, ...all);
  }

  /** data: {run, title, now, count, points, driving, error, first, poster} of ui/train/projector.py. */
  show(data, tell) {
    const begins = !this.data;
    const moves = data.run !== this.data?.run;
    if (data.error && data.error !== this.data?.error) this.say(data.error);
    this.data = data;
    this.tell = tell;
    this.leave.href = data.run ? `?run=${data.run}` : ".";
    this.title.textContent = data.title ?? "Forger";
    this.draw(data.poster);
    if (begins && data.first === "poster") this.act("poster");
    if (!data.run) return this.say(NO_RUN, true);
    if (!moves) {
      this.following.feed.poke();
      return void this.curves.refresh(true);
    }
    this.say("");
    this.following?.stop();
    this.following = follow(data.run, (feed) => this.update(feed));
    this.curves.runs = [{ feed: this.following.feed, name: data.run }];
  }

  update(feed) {
    if (feed !== this.following?.feed) return;
    const state = feed.state === "live" ? feed.status : feed.state;
    this.chip.dataset.status = state;
    this.chip.textContent = STATUS[state] ?? state;
    this.light.show(feed.light);
    this.pictures.update(feed, { points: this.data.points, count: this.data.count });
    this.when(feed);
    if (feed.state === "loading") return;
    this.offered = PANELS.filter((panel) => has(feed, panel)).slice(0, 9);
    if (!this.offered.some(({ id }) => id === this.curves.panel)) this.curves.panel = this.offered[0]?.id ?? "losses";
    this.charts();
    this.curves.refresh();
  }

  /** The question to the class, with a bar for each answer, over everything until it is taken away. */
  hear() {
    const { question } = stage.told;
    this.asked.hidden = !question;
    if (!question) return;
    const { text, options, right, counts } = question;
    this.asked.replaceChildren(answers({ text, options, picked: null, right, counts, onpick: null }));
  }

  /** Which moment is on show, and how far the run is. */
  when(feed) {
    const newest = feed.newest();
    const past = this.at !== null && this.at !== undefined;
    const step = past ? this.at : newest.step;
    const epoch = past ? feed.at("epoch", step) : newest.epoch;
    const seconds = past ? feed.at("seconds", step) : newest.seconds;
    const told = `step ${number(step)} · epoch ${number(epoch, 1)} · ${duration(seconds)}`;
    this.facts.textContent = past ? `back at ${told}` : told;
    this.facts.classList.toggle("show-past", past);
    this.light.element.classList.toggle("show-then", past);
  }

  /** The names of the charts, the one on show marked. */
  charts() {
    const name = ({ id, label }, k) => h(id === this.curves.panel ? "b" : "span", {}, `${k + 1} ${label}`);
    this.tabs.replaceChildren(...this.offered.map(name));
  }

  /** Shows the moment at which the pictures stand; null is now. */
  look(step) {
    this.at = step;
    this.curves.cursor = step;
    stage.show({ step: step ?? null });
    if (!this.following) return;
    this.when(this.following.feed);
    this.curves.refresh();
  }

  press(event) {
    const name = deed(event);
    const busy = event.target instanceof Element && event.target.closest("input, textarea, select");
    const own = event.key === " " && event.target instanceof Element && event.target.closest("button, a");
    if (!name || busy || own) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // Streamlit has keys of its own
    if (!event.repeat || !ASKS.includes(name)) this.act(name);
  }

  act(name) {
    const sheets = { help: this.help, poster: this.poster, black: this.black };
    const opens = sheets[name]?.hidden;
    for (const sheet of Object.values(sheets)) sheet.hidden = true;
    if (name in sheets) sheets[name].hidden = !opens;
    else if (name === "full") full();
    else if (!this.following) return;
    else if (ASKS.includes(name)) this.ask(name);
    else if (name.startsWith("chart ")) this.choose(Number(name.slice(6)) - 1);
    else if (name === "picture") this.pictures.enlarge(SORTS[(SORTS.indexOf(this.pictures.big) + 1) % SORTS.length]);
    else if (name !== "close" && this.pictures.steps.length) this.travel(name);
  }

  ask(name) {
    if (this.data.driving) this.tell("ask", name);
    else this.say(NO_PIN);
  }

  travel(name) {
    const count = this.pictures.steps.length;
    this.pictures.timeline.stop();
    this.pictures.go(moved(this.pictures.index, count, name) ?? count - 1);
  }

  choose(k) {
    const panel = this.offered?.[k];
    if (!panel) return;
    this.curves.show({ panel: panel.id });
    stage.show({ panel: panel.id });
    this.charts();
  }

  say(text, stays = false) {
    clearTimeout(this.saying);
    this.said.textContent = text;
    this.said.hidden = !text;
    if (text && !stays) this.saying = setTimeout(() => (this.said.hidden = true), SAID_MS);
  }

  draw(poster) {
    if (!poster) return this.poster.replaceChildren(h("p", {}, NO_ADDRESS));
    const { image, address, short, title } = poster;
    const head = title ? [h("h2", {}, title)] : [];
    const code = h("img", { src: image, alt: `QR code of ${address}` });
    const named = short ? [h("p", {}, `or ${short}`)] : [];
    this.poster.replaceChildren(...head, code, h("p", { class: "show-address" }, address), ...named);
  }

  fit() {
    this.plot.style.setProperty("--chart-font", String(Math.max(14, TEXT * innerHeight)));
    if (this.following) this.curves.refresh(true);
  }

  wake() {
    this.element.classList.remove("show-still");
    clearTimeout(this.sleep);
    this.sleep = setTimeout(() => this.element.classList.add("show-still"), STILL_MS);
  }

  destroy() {
    this.deaf();
    removeEventListener("keydown", this.onkey, true);
    removeEventListener("pointermove", this.onmove);
    removeEventListener("resize", this.onsize);
    clearTimeout(this.sleep);
    clearTimeout(this.saying);
    this.following?.stop();
    this.pictures.destroy();
    this.curves.destroy();
    this.element.remove();
  }
}

function lines() {
  const charts = [h("dt", {}, "1 – 9"), h("dd", {}, "charts")];
  return [...KEYS.flatMap(([, key, text]) => [h("dt", {}, key), h("dd", {}, text)]), ...charts];
}

function full() {
  const change = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
  change.catch(() => {}); // a frame may forbid it
}

export default mounting(View);
