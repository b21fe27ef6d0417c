// The watch view: one run as it learns or as it learned, from a folder of files or from this page alone.
import { duration, h, number, say } from "../base/dom.js";
import { STATUS } from "../base/words.js";
import { Feed } from "../charts/run-feed.js";
import { SIGNS } from "../live/health.js";
import { Chart } from "./chart.js";
import { Explore } from "./explore.js";
import { codeView, reportCard, settingsTable } from "./facts.js";
import { Folder, Inside } from "./files.js";
import { Moments } from "./moments.js";
import { Painter } from "./painter.js";
import { Quiz } from "./quiz.js";
import { Source } from "./source.js";

class Watch {
  /** @param {HTMLElement} root @param {Source} source */
  constructor(root, source) {
    this.source = source;
    this.title = h("h1", { "data-part": "title" });
    this.line = h("p", { class: "watch-line", role: "status", "data-part": "status" });
    this.light = h("p", { class: "watch-light", hidden: true });
    this.painter = new Painter(source);
    this.chart = new Chart();
    this.moments = new Moments((step) => this.chart.look(step));
    this.explore = new Explore(this.painter);
    this.quiz = new Quiz(this.painter);
    this.report = h("div", {});
    this.settings = h("div", {});
    this.code = h("div", {});
    root.append(
      h("header", {}, this.title, this.line, this.light),
      section("Through time", this.moments.element),
      section("Curves", this.chart.element),
      section("Explore", this.explore.element),
      section("Quiz", this.quiz.element),
      section("Report card", this.report),
      h("details", { class: "watch-section" }, h("summary", {}, "Settings"), this.settings),
      h("details", { class: "watch-section" }, h("summary", {}, "Code"), this.code),
    );
    /** @type {any} it has all that now.json has */
    this.feed = new Feed("", source);
    this.viewed = "";
    /** @type {any} */
    this.known = null;
    this.feed.listeners.add(() => this.show());
    this.feed.poke();
  }

  async show() {
    const { feed } = this;
    if (feed.seq === undefined || !feed.generators) return say(this.line, "The files of this run cannot be read.");
    document.title = feed.title;
    say(this.title, feed.title);
    const { step, seconds } = feed.newest();
    say(
      this.line,
      `${STATUS[feed.state === "live" ? feed.status : feed.state]} · step ${number(step)} · ${duration(seconds)} of training`,
    );
    this.light.hidden = !feed.light;
    if (feed.light) {
      const { level, title, seen, advice } = feed.light;
      this.light.dataset.level = level;
      say(this.light, `${SIGNS[level].sign} ${title}. ${seen} ${advice}`);
    }
    this.moments.show(feed);
    this.chart.show(feed);
    const view = await this.view();
    this.explore.show(feed, view);
    this.quiz.show(feed, view);
    const { critic } = feed;
    this.painter.keep([...feed.generators.map(([, name]) => name), critic?.weights]);
  }

  /** What is known beside the curves; null before there is a generator. The parts that show it are filled anew. */
  async view() {
    const { feed } = this;
    if (!feed.view) return null;
    if (feed.view !== this.viewed) {
      const view = await this.source.json(feed.view).catch(() => null);
      if (!view) return this.known;
      [this.viewed, this.known] = [feed.view, view];
      this.report.replaceChildren(...reportCard(view.report));
      this.settings.replaceChildren(settingsTable(view.settings));
      this.code.replaceChildren(...codeView(view.code, feed.id));
    }
    return this.known;
  }
}

function section(title, ...parts) {
  return h("section", { class: "watch-section" }, h("h2", {}, title), ...parts);
}

/** @param {HTMLElement} root */
async function start(root) {
  const inside = document.getElementById("run")?.textContent?.trim();
  try {
    const files = inside ? await Inside.of(inside) : new Folder(document.baseURI);
    new Watch(root, new Source(files));
  } catch (error) {
    root.textContent = `This page cannot be shown: ${error.message}`;
  }
}

start(/** @type {HTMLElement} */ (document.getElementById("watch")));
