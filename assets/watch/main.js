// The watch view: one run as it learns or as it learned, from a server's routes, a folder of files or this page alone.
import { duration, h, number, say } from "../base/dom.js";
import { STATUS } from "../base/words.js";
import { Feed } from "../charts/run-feed.js";
import { SIGNS } from "../live/health.js";
import { Chart } from "./chart.js";
import { ClassCard } from "./class-card.js";
import { Explore } from "./explore.js";
import { codeView, reportCard, settingsTable } from "./facts.js";
import { Folder, Inside } from "./files.js";
import { Moments } from "./moments.js";
import { Painter } from "./painter.js";
import { Quiz } from "./quiz.js";
import { Routes } from "./routes.js";
import { Source } from "./source.js";

const NEAR = "300px"; // of what is below the edge of the window, what is said of the run is asked for

class Watch {
  /** @param {HTMLElement} root @param {import("./source.js").From} source */
  constructor(root, source) {
    this.root = root;
    this.source = source;
    this.painter = new Painter(source);
    /** @type {any} it has all that now.json has */
    this.feed = new Feed("", source);
    this.build();
    this.feed.listeners.add(() => this.show());
    this.feed.poke();
  }

  /** An empty page, for one run. */
  build() {
    this.id = this.feed.id;
    this.explore?.roam(false);
    this.title = h("h1", { "data-part": "title" }, "Forger");
    this.root.dataset.empty = "true"; // nothing that could be pressed before there is a run
    this.line = h("p", { class: "watch-line", role: "status", "data-part": "status" });
    this.light = h("p", { class: "watch-light", hidden: true });
    this.chart = new Chart();
    this.moments = new Moments((step) => this.chart.look(step));
    this.explore = new Explore(this.painter);
    this.quiz = new Quiz(this.painter);
    const pick = async (question, k) => (await this.source.pick?.(question, k), this.feed.poke());
    this.card = new ClassCard(this.source.pick && pick, ({ panel, step }) => {
      if (panel) this.chart.choose(panel);
      this.moments.seek(step);
    });
    this.report = h("div", {});
    this.settings = h("div", {});
    this.code = h("div", {});
    const further = [
      section("Explore", this.explore.element),
      section("Quiz", this.quiz.element),
      section("Report card", this.report),
      h("details", { class: "watch-section" }, h("summary", {}, "Settings"), this.settings),
      h("details", { class: "watch-section" }, h("summary", {}, "Code"), this.code),
    ];
    this.more = h("p", { class: "watch-more", hidden: true });
    this.root.replaceChildren(
      h("header", {}, this.title, this.line, this.light),
      this.card.element,
      section("Through time", this.moments.element),
      section("Curves", this.chart.element),
      ...further,
      this.more,
    );
    this.viewed = this.viewing = "";
    /** @type {any} */
    this.known = null;
    this.near = false;
    const observer = new IntersectionObserver(
      (seen) => {
        if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
        observer.disconnect();
        this.near = true;
        this.show();
      },
      { rootMargin: NEAR },
    );
    for (const part of further) observer.observe(part);
  }

  show() {
    const { feed, source } = this;
    if (feed.id !== this.id) this.build();
    this.card.show(feed);
    this.root.dataset.empty = String(!feed.generators);
    if (!feed.generators) return say(this.line, nothing(feed, source));
    const title = feed.control.title || feed.id;
    document.title = title;
    say(this.title, title);
    say(this.line, standing(feed));
    this.line.dataset.stale = String(feed.state !== "live" || feed.stale > 0);
    this.light.hidden = !feed.light;
    if (feed.light) {
      const { level, title: seen, seen: words, advice } = feed.light;
      this.light.dataset.level = level;
      say(this.light, `${SIGNS[level].sign} ${seen}. ${words} ${advice}`);
    }
    this.moments.show(feed);
    this.chart.show(feed);
    this.look();
    this.explore.show(feed, this.known);
    this.quiz.show(feed, this.known);
    this.painter.keep([...feed.generators.map(([, name]) => name), this.quiz.critic]);
    if (source.more && this.more.hidden) this.more.replaceChildren(...source.more(feed));
    this.more.hidden = !source.more;
  }

  /** Asks for what is known beside the curves, once something that shows it is about to be seen. */
  async look() {
    const { view } = this.feed;
    if (!this.near || !view || [this.viewed, this.viewing].includes(view)) return;
    this.viewing = view;
    try {
      const known = await this.source.json(view);
      if (this.viewing !== view) return; // of another run, or of an earlier minute
      [this.viewed, this.known] = [view, known];
      this.report.replaceChildren(...reportCard(known.report));
      this.settings.replaceChildren(settingsTable(known.settings));
      this.code.replaceChildren(...codeView(known.code, this.feed.id));
      this.show();
    } catch (error) {
      if (!this.known) this.explore.tell(error.message);
    } finally {
      if (this.viewing === view) this.viewing = "";
    }
  }
}

/** How the run stands, and since when nothing has been heard of it. */
function standing(feed) {
  const { step, seconds } = feed.newest();
  const far = `step ${number(step)} · ${duration(seconds)} of training`;
  if (feed.state === "lost") return `No answer since ${clock(feed.heard)}; trying again · ${far}`;
  if (feed.state === "gone") return `This run is no longer there · ${far}`;
  const since = feed.stale ? ` · nothing new since ${clock(feed.stale)}` : "";
  return `${STATUS[feed.status]} · ${far}${since}`;
}

function nothing(feed, source) {
  if (feed.state === "gone") return "There is no such run.";
  if (feed.state === "live" && !feed.id && !source.run) return "There is no run yet: this page waits for one.";
  return feed.state === "lost" ? "No answer yet; trying again." : "The files of this run cannot be read.";
}

function clock(ms) {
  return new Date(ms).toLocaleTimeString("en-GB");
}

function section(title, ...parts) {
  return h("section", { class: "watch-section" }, h("h2", {}, title), ...parts);
}

/** Where the run is to be found, as the page says. */
async function from(kind) {
  if (kind === "routes") return new Routes(document.baseURI, new URLSearchParams(location.search).get("run") ?? "");
  if (kind === "folder") return new Source(new Folder(document.baseURI));
  return new Source(await Inside.of(document.getElementById("run")?.textContent?.trim() ?? ""));
}

/** @param {HTMLElement} root */
async function start(root) {
  try {
    new Watch(root, await from(root.dataset.from));
  } catch (error) {
    root.textContent = `This page cannot be shown: ${error.message}`;
  }
}

start(/** @type {HTMLElement} */ (document.getElementById("watch")));
