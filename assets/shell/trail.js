// The trail of first steps: a line in the header that names the next one, a ring around its control, a list to tick off.
// Nothing of it takes room on a page, and the ring lets every press through.
import { h } from "../base/dom.js";
import { Ring, find } from "../base/ring.js";
import { ROOT, address } from "../base/root.js";
import { read, write } from "../base/storage.js";
import { next, pageOf, stepsFor, ticks, wordsFrom, wordsOf } from "./trail-steps.js";

const KEPT = "forger-first-steps"; // in the browser: the names of what was done, and HIDDEN
const HIDDEN = "hidden";
const LOOK_MS = 700; // between two looks for the control
const TRAINING = '[data-testid="live-status"][data-status="training"]'; // somebody has started a run
const POINT_MS = 9000; // how long the ring stays by itself, from when its control is there

class Trail {
  constructor() {
    this.done = read(KEPT) ?? [];
    this.open = false;
    this.pointing = !this.done.length; // until it was seen for a while
    this.until = Infinity;
    this.watches = false;
    this.page = pageOf(location.href, ROOT.href);
    this.count = h("b");
    this.words = h("span", { class: "trail-words" });
    this.button = h(
      "button",
      { type: "button", class: "trail-button", "aria-expanded": "false" },
      this.count,
      this.words,
    );
    this.button.onclick = () => this.toggle(!this.open);
    this.list = h("ol", {});
    this.hide = h("button", { type: "button", class: "trail-plain", "data-part": "hide" }, "Hide the first steps");
    this.hide.onclick = () =>
      this.put(this.isHidden ? this.done.filter((name) => name !== HIDDEN) : [...this.done, HIDDEN]);
    const again = h("button", { type: "button", class: "trail-plain", "data-part": "begin-again" }, "Begin again");
    again.onclick = () => (this.put([]), this.point());
    this.panel = h("div", { class: "trail-panel", hidden: true }, h("h2", {}, "Your first five minutes"), this.list);
    this.panel.append(h("div", { class: "trail-end" }, again, this.hide));
    this.ring = new Ring("trail-ring");
    this.element = h("aside", { class: "trail", "aria-label": "First steps" }, this.button, this.panel);
    this.element.onkeydown = (event) => event.key === "Escape" && this.toggle(false);
    document.body.append(this.element, this.ring.element);
    for (const kind of ["click", "input", "pointerdown"]) document.addEventListener(kind, this, { capture: true });
    addEventListener("scroll", () => this.ring.around(this.control), { capture: true, passive: true });
    setInterval(() => this.look(), LOOK_MS);
    // Streamlit's other mode comes as another class of the app.
    const app = document.querySelector(".stApp");
    if (app) new MutationObserver(() => this.look()).observe(app, { attributes: true, attributeFilter: ["class"] });
    this.draw();
    this.look();
  }

  get isHidden() {
    return this.done.includes(HIDDEN);
  }

  /** What is done may be the next step, or a later one. @param {Event} event */
  handleEvent(event) {
    const path = event.composedPath();
    if (this.open && event.type === "pointerdown" && !path.includes(this.element)) this.toggle(false);
    const found = this.steps.find((step) => ticks(step, event.type, path) && !this.done.includes(step.name));
    if (!found) return;
    this.put([...this.done, found.name]);
    this.point();
  }

  put(done) {
    this.done = done;
    write(KEPT, done);
    this.draw();
  }

  toggle(open) {
    this.open = open;
    this.panel.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.point();
    else if (this.panel.contains(document.activeElement)) this.button.focus();
  }

  /** Shows the ring for a while. */
  point() {
    this.pointing = true;
    this.until = Infinity;
    this.look();
  }

  look() {
    if (document.hidden) return;
    const watches = Boolean(document.querySelector(".st-key-how-to-drive"));
    if (watches !== this.watches) {
      this.watches = watches;
      this.draw();
    }
    if (this.step?.name === "start" && document.querySelector(TRAINING)) this.put([...this.done, "start"]);
    const page = pageOf(location.href, ROOT.href);
    if (page !== this.page) this.say(page);
    const { colorScheme } = getComputedStyle(document.querySelector(".stApp") ?? document.body);
    for (const one of [this.element, this.ring.element])
      if (one.style.colorScheme !== colorScheme) one.style.colorScheme = colorScheme;
    if (performance.now() > this.until) this.pointing = false;
    const wanted = this.step && (this.open || (!this.isHidden && this.pointing));
    this.control = wanted ? controlOf(this.step) : null;
    if (this.control && this.until === Infinity) this.until = performance.now() + POINT_MS; // once it can be seen
    this.ring.around(this.control);
  }

  draw() {
    this.steps = stepsFor(!this.watches);
    this.step = next(this.steps, this.done);
    const count = this.steps.filter(({ name }) => this.done.includes(name)).length;
    this.element.dataset.state = this.isHidden || !this.step ? "hidden" : "shown";
    this.count.textContent =
      this.element.dataset.state === "hidden" ? "?" : `First steps ${count}/${this.steps.length}`;
    this.say(this.page);
    const told = `First steps ${count}/${this.steps.length}`;
    this.button.title = told;
    if (this.element.dataset.state === "hidden")
      this.button.setAttribute("aria-label", told); // for the "?"
    else this.button.removeAttribute("aria-label");
    this.hide.textContent = this.isHidden ? "Show the first steps" : "Hide the first steps";
    this.list.replaceChildren(...this.steps.map((step) => this.row(step)));
  }

  /** The next step in words, as said on a page. */
  say(page) {
    this.page = page;
    this.words.textContent = this.step ? wordsFrom(this.step, page) : "";
  }

  row(step) {
    const done = this.done.includes(step.name);
    const tick = h(
      "span",
      { class: "trail-tick", role: "img", "aria-label": done ? "done" : "to do" },
      done ? "✓" : "",
    );
    const show = h("button", { type: "button", class: "trail-plain" }, step.words);
    show.onclick = () => this.lead(step);
    return h("li", { "data-done": done, "aria-current": step === this.step ? "step" : false }, tick, show);
  }

  /** Goes to the page of a step, or points at its control there. */
  lead(step) {
    this.toggle(false);
    if (pageOf(location.href, ROOT.href) !== step.page) {
      const link = linkTo(step.page);
      if (link) link.click();
      else location.assign(address(step.page));
    }
    this.step = step;
    this.done = this.done.filter((name) => name !== HIDDEN);
    this.point();
    this.control?.scrollIntoView({ block: "nearest" });
  }
}

/** The control of a step where it is on this page, else the way to its page. */
function controlOf(step) {
  if (pageOf(location.href, ROOT.href) !== step.page) return linkTo(step.page);
  if (step.press) {
    const buttons = [...document.querySelectorAll("[data-testid=stMain] button:not(:disabled)")];
    return (
      step.press
        .map((words) => buttons.find((one) => wordsOf(one) === words && one.getBoundingClientRect().width))
        .find(Boolean) ?? null
    );
  }
  return step.find.map((selector) => find(selector)).find(Boolean) ?? null;
}

function linkTo(page) {
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("[data-testid=stTopNavLink]"));
  return [...links].find(({ href }) => pageOf(href, ROOT.href) === page || (!page && href.endsWith("/train"))) ?? null;
}

let trail;

/** Lays the trail, once a page. */
export function begin() {
  trail ??= new Trail();
}
