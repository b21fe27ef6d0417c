// The game as a diagram with the pictures and numbers of a run: noise to G to a picture to D, real pictures to D, and
// the gradient running back. All of it moves while the run trains; in slow motion a step goes through its phases.

import { h, number, percent } from "../base/dom.js";
import { json } from "../base/http.js";
import { said } from "../base/words.js";

const PHASE_MS = 1900;
const SVG = "http://www.w3.org/2000/svg";

/**
 * The phases of one step, in order: which arrows run in each, and what happens. Where the step was looked at, `of` names
 * the picture that G has made by then and what D says of it and of a real one, as microscope.json names them.
 */
export const PHASES = [
  { id: "draw", runs: ["z", "fake"], of: ["before"], says: () => "G turns noise z into a picture." },
  {
    id: "judge",
    runs: ["judge", "real"],
    of: ["before", "before", "real_before"],
    says: ({ real, fake }) => `D looks at both: ${real} for the real picture, ${fake} for the generated one.`,
  },
  {
    id: "d",
    runs: ["back-d"],
    of: ["before", "judged", "real_after"],
    says: () => "The gradient moves D's weights: real pictures up, generated ones down.",
  },
  {
    id: "again",
    runs: ["z", "fake", "judge"],
    of: ["before", "judged", "real_after"],
    says: ({ fake }) => `Now G's turn. It draws, and D says ${fake}.`,
  },
  {
    id: "g",
    runs: ["back-fake", "back-g"],
    of: ["gradient", "judged", "real_after"],
    says: () => "The gradient runs back through D to G: which pixels would raise that number. G's weights move.",
  },
  {
    id: "after",
    runs: ["z", "fake", "judge"],
    of: ["after", "after", "real_after"],
    known: true, // only of a step that was looked at
    says: ({ fake }) => `The same noise once more: D now says ${fake}.`,
  },
];

/** The phases that a step goes through: of D alone the first three, of G alone the others. */
export function phasesOf(what, single = null) {
  const phases = { d: PHASES.slice(0, 3), g: PHASES.slice(3) }[what] ?? PHASES;
  return phases.filter(({ known }) => single || !known);
}

export class GameDiagram {
  constructor() {
    this.z = thumbnail(8, 110, 64, "ink");
    this.fake = thumbnail(236, 24, 84, "fake");
    this.real = thumbnail(236, 192, 84, "real");
    this.saysFake = text(524, 124, "");
    this.saysReal = text(524, 196, "");
    for (const says of [this.saysFake, this.saysReal]) says.classList.add("live-says");
    this.arrows = {
      z: arrow("M76 142 H104", "g"),
      fake: arrow("M176 130 C205 120 205 66 230 66", "fake"),
      judge: arrow("M324 66 C365 66 365 128 394 132", "fake"),
      real: arrow("M324 234 C365 234 365 172 394 168", "real"),
      "back-d": arrow("M472 186 C520 290 440 300 434 202", "bad", true),
      "back-fake": arrow("M394 146 C350 146 350 84 324 84", "bad", true),
      "back-g": arrow("M230 84 C212 90 212 150 180 152", "bad", true),
    };
    this.svg = s(
      "svg",
      { viewBox: "0 0 580 300", role: "img" },
      s("defs", {}, ...["g", "fake", "real", "bad"].map(head)),
      ...Object.values(this.arrows),
      ...network(108, "G", "g"),
      ...network(398, "D", "d"),
      this.z,
      this.fake,
      this.real,
      text(40, 192, "noise z"),
      text(278, 126, "generated"),
      text(278, 294, "real"),
      this.saysFake,
      this.saysReal,
    );
    this.line = h("p", { class: "live-phase", role: "status" });
    this.slow = h("button", { type: "button", class: "base-now", "aria-pressed": "false" }, "Slow motion");
    this.slow.addEventListener("click", () => {
      if (this.timer) return this.rest();
      const { single } = this;
      const what = single?.updates.length === 1 ? single.updates[0] : "both";
      this.walk(phasesOf(what, single), true);
    });
    const foot = h("div", { class: "live-walk" }, this.slow, this.line);
    this.element = h("div", { class: "live-game", "data-testid": "live-game", hidden: true }, this.svg, foot);
    /** @type {import("./single-step.js").SingleStep | null} */
    this.single = null; // the newest step by hand, where it was looked at
    /** @type {() => void} */
    this.now = () => {}; // shows the run as it is
  }

  /** Shows a run at a step (null: now), with a picture of each kind as ImageData where there is one. */
  show(feed, step, { fake, real }) {
    if (feed !== this.feed) this.rest();
    this.feed = feed;
    const told = (share, logit) => saidAt(feed, step, share, logit);
    this.told = { fake: told("d_fake", "logit_fake"), real: told("d_real", "logit_real") };
    const label = `The game: G makes a picture from noise, and D says ${this.told.fake} for generated`;
    this.svg.setAttribute("aria-label", `${label} and ${this.told.real} for real pictures.`);
    this.noise(feed);
    this.now = () => {
      this.put(fake, real, this.told);
      this.run(feed.status === "training" && step === null ? null : []);
    };
    if (!this.timer) this.now();
    else if (!this.single) this.put(fake, real, this.told);
  }

  /** Puts pictures and D's words into the diagram. */
  put(fake, real, told) {
    paint(this.fake, fake);
    paint(this.real, real);
    this.saysFake.textContent = told.fake;
    this.saysReal.textContent = told.real;
  }

  /** What is to be seen in a phase of the step that was looked at; D's words of it. */
  look([picture, fake, real]) {
    const { pictures, d, p } = this.single;
    const words = (key) => (key ? said(p?.[key][0] ?? null, d[key][0]).replace(" real", "") : "");
    const told = { fake: words(fake), real: words(real) };
    this.put(pictures[picture][0], pictures.real[0], told);
    return told;
  }

  /** The z of the picture, once a run, as squares from dark to light. */
  async noise(feed) {
    if (this.noiseOf === feed || feed.samples.fixed.length < 2) return;
    this.noiseOf = feed;
    try {
      const { z } = await json(`/api/models/${feed.id}/tile?sort=fixed&step=0&k=0`, { tries: 5 });
      if (!z || this.noiseOf !== feed) return;
      const side = Math.ceil(Math.sqrt(z.length));
      const data = new ImageData(side, side);
      z.forEach((value, k) => data.data.set([...Array(3).fill(128 + 50 * value), 255], 4 * k));
      paint(this.z, data);
    } catch {
      // without it the frame stays empty
    }
  }

  /** Goes through phases, again and again or once. */
  walk(phases, again) {
    this.rest();
    this.slow.setAttribute("aria-pressed", String(again));
    let k = 0;
    const next = () => {
      if (k === phases.length && !again) return this.rest();
      const { runs, says, of } = phases[k++ % phases.length];
      this.run(runs);
      this.line.textContent = says(this.single ? this.look(of) : (this.told ?? { fake: "", real: "" }));
      this.timer = setTimeout(next, PHASE_MS);
    };
    next();
  }

  rest() {
    clearTimeout(this.timer);
    this.timer = null;
    this.slow.setAttribute("aria-pressed", "false");
    this.line.textContent = "";
    this.run([]);
    this.now();
  }

  /** Which arrows run; null is all of them. */
  run(names) {
    for (const [name, element] of Object.entries(this.arrows))
      element.classList.toggle("live-runs", names === null || names.includes(name));
    this.svg.classList.toggle("live-quiet", names !== null && names.length > 0);
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

/** What D said at a step, as a share or, where its loss has none, as a score. */
export function saidAt(feed, step, share, logit) {
  const at = (name) => {
    const values = feed.columns[name];
    if (!values?.some((value) => value !== null)) return null;
    return step === null ? values.findLast((value) => value !== null) : feed.at(name, step);
  };
  const [p, score] = [at(share), at(logit)];
  return p !== null ? percent(p) : score !== null ? `score ${number(score, 1)}` : "–";
}

function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const text = (x, y, words) => s("text", { x, y, "text-anchor": "middle" }, words);

function network(x, letter, colour) {
  const box = s("rect", {
    x,
    y: 106,
    width: 72,
    height: 88,
    rx: 10,
    class: "live-net",
    style: `--net: var(--${colour})`,
  });
  return [box, s("text", { x: x + 36, y: 160, "text-anchor": "middle", class: "live-letter" }, letter)];
}

function arrow(d, colour, back = false) {
  const kind = back ? "live-flow live-back" : "live-flow";
  return s("path", { d, class: kind, style: `stroke: var(--${colour})`, "marker-end": `url(#live-head-${colour})` });
}

function head(colour) {
  const size = { viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 5, markerHeight: 5, orient: "auto" };
  const mark = s("path", { d: "M0 0 L8 4 L0 8 z", style: `fill: var(--${colour})` });
  return s("marker", { id: `live-head-${colour}`, ...size }, mark);
}

function thumbnail(x, y, side, colour) {
  const frame = s("rect", {
    x,
    y,
    width: side,
    height: side,
    rx: 4,
    class: "live-thumb",
    style: `stroke: var(--${colour})`,
  });
  return s("g", {}, frame, s("image", { x: x + 2, y: y + 2, width: side - 4, height: side - 4 }));
}

/** Puts a picture, {data, width, height}, into a thumbnail; null leaves what is there. */
function paint(group, picture) {
  if (!picture) return;
  const { data, width, height } = picture;
  const sheet = h("canvas", { width, height });
  sheet.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
  group.lastChild.setAttribute("href", sheet.toDataURL());
}
