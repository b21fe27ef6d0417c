// What stands over every page: a guided lesson, the class's question, and the way back to the teacher.
import { h, redraw } from "../base/dom.js";
import { mounting } from "../base/mount.js";
import { stage } from "../base/stage.js";
import { answers } from "./answers.js";
import { LessonPanel } from "./lesson.js";
import { Pointer } from "./pointer.js";

const LONGEST = 1000; // characters of a part of an address that the class is told

class Guide {
  constructor(parent) {
    this.pointer = new Pointer((place) => this.avoid(place));
    this.panel = new LessonPanel(this.pointer, (name, value) => this.tell(name, value));
    this.asked = h("section", { class: "guide-panel", "aria-label": "A question", "data-testid": "class-question" });
    this.back = h("button", { type: "button", class: "guide-back", hidden: true }, "Back to the teacher");
    this.back.onclick = () => ((this.ordered = ""), stage.roam(false));
    const parts = [this.back, this.asked, this.panel.element];
    this.element = h("div", { class: "guide" }, ...parts, this.pointer.ring.element);
    parent.append(this.element);
    this.asked.hidden = true;
    this.deaf = stage.listen(() => this.hear());
  }

  /** data: {place: {page, query}, run, driving, role} of ui/shell/guide.py. */
  show(data, tell) {
    this.tell = (name, value) => ((this.sent = name === "go" ? JSON.stringify(value) : ""), tell(name, value));
    const moved = this.data && JSON.stringify(this.data.place) !== JSON.stringify(data.place);
    const first = !this.data;
    this.data = data;
    stage.be(data.role);
    if (data.role === "watcher") this.roams(moved, first);
    stage.show(shown(data.place));
    this.panel.show(data);
    this.hear();
  }

  /** Who goes somewhere by themselves, or comes by a link to a certain place, is not moved. */
  roams(moved, first) {
    const { place } = this.data;
    const { scene } = stage.told;
    const beside = scene?.page === place.page && (scene.query.run ?? "") === (place.query.run ?? "");
    const sent = this.sent === JSON.stringify(place) || beside;
    const home = place.page === "train" && !Object.keys(place.query).some((name) => name !== "run");
    if ((moved && !sent) || (first && !home && !reloaded())) stage.roam(true);
  }

  hear() {
    const { data } = this;
    if (!data) return;
    const scene = stage.followed;
    this.back.hidden = !(data.role === "watcher" && stage.roams && stage.told.scene);
    if (scene) this.follow({ page: scene.page, query: scene.query });
    this.question();
    if (!this.panel.element.hidden) this.panel.draw();
  }

  /** Goes where the teacher is: once for each place, since a page may change its own address. */
  follow(wanted) {
    const key = JSON.stringify(wanted);
    if (key === this.ordered) return;
    this.ordered = key;
    if (!same(wanted, shown(this.data.place))) this.tell("go", wanted);
  }

  /** The card goes to the other side where it would cover what it points at. */
  avoid(place) {
    const { element } = this.panel;
    element.classList.remove("guide-left");
    const card = element.getBoundingClientRect();
    element.classList.toggle(
      "guide-left",
      place.right > card.left && place.bottom > card.top && place.left > card.width,
    );
  }

  /** The question to the class, for all but a browser that has it in its own lesson. */
  question() {
    const { question } = stage.told;
    const own = question && !this.panel.element.hidden && this.panel.step?.ask === question.text;
    this.asked.hidden = !question || own || !this.data.role;
    if (this.asked.hidden) return;
    const { text, options, right, counts } = question;
    const onpick = right === null && this.data.role === "watcher" ? (k) => stage.pick(k) : null;
    redraw(this.asked, answers({ text, options, picked: stage.picked, right, counts, onpick }));
  }

  destroy() {
    this.deaf();
    this.panel.destroy();
    this.pointer.destroy();
    this.element.remove();
  }
}

/** Whether this page was there before, and is only loaded again. */
function reloaded() {
  const [entry] = performance.getEntriesByType("navigation");
  return /** @type {PerformanceNavigationTiming} */ (entry)?.type === "reload";
}

/** Where a page is, as the class is shown it: the projector shows a run, too. */
function shown({ page, query }) {
  const ours = ["show", "class", "lesson"];
  const kept = Object.entries(query).filter(([name, text]) => !ours.includes(name) && text.length <= LONGEST);
  return { page, query: Object.fromEntries(kept) };
}

function same(one, other) {
  return one.page === other.page && JSON.stringify(one.query) === JSON.stringify(other.query);
}

export default mounting(Guide);
