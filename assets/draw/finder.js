// Finds a picture in the latents of a generator: the whole of it, what is left of it, or its thumbnail.
import { drawSheet } from "../base/canvas.js";
import { colour } from "../base/colours.js";
import { h, number, percent } from "../base/dom.js";
import { anySeed } from "../base/latent.js";
import { choices } from "../base/tabs.js";
import { inversion } from "./inversion.js";

const SHRINK = 4; // from 28 x 28 to 7 x 7
const TRIES = 5; // when the server is busy

/**
 * What can be asked: the route's task, from how many random z, its tab, its button, what it does in a sentence.
 * A hole takes more: 80 of 100 digits keep their class with 8 z, 83 with 16 (docs/inversion.md).
 */
const TASKS = [
  {
    id: "project",
    restarts: 8,
    tab: "Find it",
    go: () => "Find it in latent space",
    text: () => "Eight random starting points, each adjusted until the picture that G makes of it looks like yours.",
  },
  {
    id: "inpaint",
    restarts: 16,
    tab: "Fill in",
    go: () => "Fill in",
    text: () => "Brush over the part that G is to fill in. It does so in several ways: many pictures fit.",
  },
  {
    id: "enlarge",
    restarts: 8,
    tab: "Enlarge",
    go: ([, H, W]) => `Enlarge from ${small(H)} × ${small(W)}`,
    text: ([, H, W]) =>
      `G sees only the ${small(H)} × ${small(W)} thumbnail of your picture, and many pictures have that one.`,
  },
];

/**
 * `source()` gives {pixels, mask, empty}, the picture that is to be found; `picked(task)` is told which task is shown.
 * `kept` is the state and stays the caller's: {task, found}; `found` is the last tick with all that it answers.
 */
export class Finder {
  constructor(context, kept, source, picked, restore) {
    this.context = context;
    this.kept = kept;
    this.source = source;
    this.picked = picked;
    const tasks = TASKS.map(({ id, tab }) => [id, tab]);
    this.tabs = choices("What to find", tasks, (id) => this.pick(id), "task");
    this.text = h("p", { class: "draw-find-text" });
    this.go = h("button", { type: "button", class: "first", "data-part": "find" });
    this.go.addEventListener("click", () => (this.underway ? this.stop() : this.start()));
    this.whole = h("button", { type: "button", "data-part": "restore" }, "Restore all");
    this.whole.addEventListener("click", restore);
    this.progress = h("progress", { max: 1, value: 0, hidden: true, "aria-label": "Progress" });
    this.status = h("p", { class: "draw-find-status", role: "status", "data-part": "find-status" });
    this.target = h("canvas", { role: "img", "aria-label": "What is looked for" });
    this.caption = h("figcaption");
    this.answers = h("div", { class: "draw-find-answers", "data-part": "answers" });
    const target = h("figure", { class: "draw-find-target" }, this.target, this.caption);
    this.results = h("div", { class: "draw-find-results", hidden: true }, target, this.answers);
    const bar = h("div", { class: "draw-find-bar" }, this.go, this.whole, this.progress);
    this.element = h(
      "section",
      { class: "draw-find", "aria-label": "Find it in latent space" },
      this.tabs.element,
      this.text,
      bar,
      this.status,
      this.results,
    );
  }

  /** Shows the run as it is now; what another generator found is forgotten. */
  show() {
    const { data } = this.context;
    const whose = [data.id, data.z_dim, ...data.shape].join();
    if (this.kept.whose !== whose) {
      this.stop();
      Object.assign(this.kept, { whose, found: null });
      this.status.textContent = "";
    }
    this.pick(this.kept.task ?? "project");
    this.results.hidden = true;
    if (this.kept.found) this.paint(this.kept.found);
  }

  pick(id) {
    const task = TASKS.find((one) => one.id === id);
    const [, H, W] = this.context.data.shape;
    this.kept.task = id;
    this.task = task;
    this.tabs.press(id);
    this.text.textContent = task.text(this.context.data.shape);
    this.whole.hidden = id !== "inpaint";
    this.unable = id === "enlarge" && (H % SHRINK || W % SHRINK || H < 2 * SHRINK || W < 2 * SHRINK);
    if (this.unable)
      this.text.textContent = `Not available because pictures of ${H} × ${W} pixels cannot be shrunk by ${SHRINK}.`;
    this.picked(id);
    this.refresh();
  }

  /** The drawing has changed: which buttons make sense. */
  refresh() {
    const { empty, hides } = this.source();
    const inpaint = this.task?.id === "inpaint";
    this.go.textContent = this.underway ? "Stop" : (this.task?.go(this.context.data.shape) ?? "");
    this.go.disabled = !this.underway && (Boolean(this.unable) || empty || (inpaint && !hides));
    this.whole.disabled = !hides;
  }

  async start() {
    const { context, kept, task } = this;
    const { data } = context;
    const { pixels, mask } = this.source();
    const underway = (this.underway = new AbortController());
    const query = new URLSearchParams({
      task: task.id,
      restarts: String(task.restarts),
      seed: String(anySeed()),
      user: context.user,
    });
    const url = `/api/models/${context.model()}/inversion?${query}`;
    const body = new Blob(task.id === "inpaint" ? [pixels, mask] : [pixels]);
    const about = { task: task.id, target: pixels, mask, shape: data.shape };
    Object.assign(this.progress, { hidden: false, value: 0 });
    this.tell("Starting …");
    this.refresh();
    let seen = false;
    try {
      const options = { body, signal: underway.signal, tries: TRIES, told: (sentence) => this.tell(sentence) };
      for await (const tick of inversion(url, options)) {
        if (this.underway !== underway) return;
        const most = kept.found?.about === about ? kept.found.most : Math.max(...tick.errors, 1e-9);
        kept.found = { about, most, ...tick };
        this.progress.value = tick.step / tick.steps;
        this.tell(tick.last ? "" : `Step ${number(tick.step)} of ${number(tick.steps)}`);
        this.paint(kept.found);
        if (!seen) this.results.scrollIntoView({ block: "nearest" });
        seen = true;
      }
      this.tell(kept.found?.last ? "Best first. Click one to edit it with the sliders." : "");
    } catch (error) {
      if (this.underway !== underway) return;
      if (error.name !== "AbortError") this.tell(error.message);
      else this.tell(kept.found?.about === about ? "Stopped. Click one to edit it with the sliders." : "Stopped.");
    } finally {
      if (this.underway === underway) {
        this.underway = null;
        this.progress.hidden = true;
        this.refresh();
      }
    }
  }

  stop() {
    this.underway?.abort();
  }

  tell(sentence) {
    this.status.textContent = sentence;
  }

  /** The target, and the answers as far as they are. */
  paint(found) {
    const { about } = found;
    const [C, H, W] = about.shape;
    this.results.hidden = false;
    this.results.dataset.task = about.task;
    this.results.dataset.last = found.last;
    const shrunk = about.task === "enlarge";
    const seen = shrunk
      ? { pixels: shrink(about), h: small(H), w: small(W), c: C }
      : { pixels: about.target, h: H, w: W, c: C };
    drawSheet(this.target, seen, 0, 1, 1, 0);
    if (about.task === "inpaint") dim(this.target, about.mask);
    this.caption.textContent = {
      project: "your drawing",
      inpaint: "what is left",
      enlarge: `${seen.h} × ${seen.w} pixels`,
    }[about.task];
    while (this.answers.children.length > found.errors.length) this.answers.lastChild.remove();
    while (this.answers.children.length < found.errors.length) this.answers.append(this.answer());
    [...this.answers.children].forEach((button, k) => this.fill(button, found, k));
  }

  answer() {
    const button = h(
      "button",
      { type: "button" },
      h("canvas"),
      h("span", { class: "base-bar draw-find-error" }, h("i")),
      h("span", { class: "draw-find-reads" }),
    );
    button.addEventListener("click", () =>
      this.context.explore(this.kept.found.z[[...this.answers.children].indexOf(button)]),
    );
    return button;
  }

  fill(button, found, k) {
    const [canvas, error, reads] = button.children;
    const [C, H, W] = found.about.shape;
    drawSheet(canvas, { pixels: filled(found, k), h: H, w: W, c: C }, 0, 1, 1, 0);
    error.firstChild.style.width = `${Math.min(100, (100 * found.errors[k]) / found.most)}%`;
    reads.textContent = reading(found.readings, k);
    const said = `Answer ${k + 1}${found.last && k === 0 ? ", the best" : ""}: error ${found.errors[k].toPrecision(2)}`;
    button.setAttribute(
      "aria-label",
      `${said}${reads.textContent ? `, reads as ${reads.textContent}` : ""}. Open it in Explore.`,
    );
    button.title = `error ${found.errors[k].toPrecision(2)}`;
    button.classList.toggle("best", Boolean(found.last) && k === 0);
  }
}

/** What EvalNet reads in answer k, as "7 · 93 %". */
function reading(readings, k) {
  const shares = readings?.classes?.[k];
  if (!shares) return "";
  const top = shares.indexOf(Math.max(...shares));
  return `${readings.names[top]} · ${percent(shares[top])}`;
}

/** Answer k; where pixels were known, those stay. */
function filled({ about, pixels }, k) {
  if (about.task !== "inpaint") return pixels[k];
  const [C] = about.shape;
  return pixels[k].map((value, i) => (about.mask[Math.floor(i / C)] ? about.target[i] : value));
}

/** Hidden pixels of a drawn picture turn violet grey. */
function dim(canvas, mask) {
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour(canvas, "board-unknown");
  mask.forEach((known, k) => known || pen.fillRect(k % canvas.width, Math.floor(k / canvas.width), 1, 1));
}

/** Each pixel the mean of a square of 4 x 4. */
function shrink({ target, shape: [C, H, W] }) {
  const sums = new Float64Array(small(H) * small(W) * C);
  target.forEach((value, i) => {
    const [c, x, y] = [i % C, Math.floor(i / C) % W, Math.floor(i / C / W)];
    sums[(Math.floor(y / SHRINK) * small(W) + Math.floor(x / SHRINK)) * C + c] += value / SHRINK ** 2;
  });
  return Uint8Array.from(sums, Math.round);
}

const small = (side) => Math.floor(side / SHRINK);
