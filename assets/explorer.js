// The latent explorer: noise under your fingers, and the picture that a generator makes of it.
import { Asker } from "./asking.js";
import { colours, drawBars, drawNet, drawSheet, inkOf } from "./canvases.js";
import { onDrag, place } from "./pointer.js";
import { drawVectors, fromText, neighbour, net, pack, rounded, toText } from "./latent.js";

const MANY = 36;
const COLUMNS = 6;
const REACH = 3; // of a slider; 99.7 % of random numbers lie within
const SIDE = 15; // of the net through which points are shown
const EDGE = 3.2; // what the plane of z shows
const VIEW = 1.1; // what a picture of points shows
const LOOK = 2000; // ms between two looks for newer weights
const SELDOM = 5; // of so many looks one is taken when the run has ended

const explorers = new WeakMap();

/** data: {id, z_dim, points, steps, step, linked, sliders, live}; `steps` are those of the snapshots, `step` one of them or null. */
export default function mount({ parentElement, data }) {
  const explorer = explorers.get(parentElement) ?? new Explorer(parentElement);
  explorers.set(parentElement, explorer);
  explorer.show(data);
  return () => explorer.stop();
}

class Explorer {
  constructor(root) {
    const parts = [...root.querySelectorAll("[data-part]")];
    this.part = Object.fromEntries(parts.map((part) => [part.dataset.part, part]));
    this.asker = new Asker(
      () => this.question(),
      (answer) => this.paint(answer),
      (sentence) => this.tell(sentence),
    );
    this.listen();
  }

  show(data) {
    const other = this.data?.id !== data.id || this.data.z_dim !== data.z_dim;
    this.data = data;
    if (other) this.begin(new URLSearchParams(data.linked ? location.search : ""));
    this.layout();
    this.fill();
    this.timer ??= setInterval(() => this.look(), LOOK);
    this.asker.ask();
  }

  stop() {
    clearInterval(this.timer);
    clearTimeout(this.writing);
    this.timer = null;
    this.asker.stop();
  }

  /** The state that a link brings, or a fresh one. */
  begin(link) {
    const { id, z_dim, step, points } = this.data;
    const number = (name, low, high, otherwise) => {
      const value = Number(link.get(name) ?? NaN);
      return value >= low && value <= high ? value : otherwise;
    };
    this.first = 0;
    this.answer = this.asker.step = null;
    this.step = step;
    this.real = null;
    if (points) inkOf(`/api/runs/${id}/real.webp`).then((ink) => this.lay(ink));
    this.spread = number("spread", 0, 1, 0.45);
    this.draw(Math.floor(number("seed", 0, 2 ** 31, 1)), fromText(link.get("z"), z_dim));
    const set = (link.get("set") ?? "").split(".").map(Number);
    this.pinned = new Set(set.filter((i) => Number.isInteger(i) && i > 0 && i <= z_dim).map((i) => i - 1));
  }

  /** z and the noise of its neighbours from a seed; `given` takes the place of z. */
  draw(seed, given = null) {
    const [first, ...noise] = drawVectors(seed, MANY + 1, this.data.z_dim);
    const own = rounded(first);
    Object.assign(this, { seed, own, noise, home: given ? rounded(given) : own, pinned: new Set() });
    this.z = Float32Array.from(this.home);
  }

  listen() {
    const { part } = this;
    part.shuffle.onclick = () => (this.draw(anySeed()), this.changed());
    part.reset.onclick = () => (this.z.set(this.home), this.pinned.clear(), this.changed());
    part.link.onclick = () => this.copy();
    part.save.onclick = () => this.save();
    part.back.onclick = () => this.turn(-this.data.sliders);
    part.on.onclick = () => this.turn(this.data.sliders);
    new ResizeObserver(() => this.data && this.bars()).observe(part.bars);
    part.spread.oninput = () => ((this.spread = Number(part.spread.value)), this.changed());
    part.time.oninput = () => ((this.step = this.data.steps[part.time.value] ?? null), this.changed());
    part.many.onclick = (event) => this.pick(event);
    onDrag(part.bars, (x, y) => this.set(Math.floor(x * this.z.length), REACH * (1 - 2 * y)));
    onDrag(part.one, (x, y) => {
      if (!this.data.points) return;
      this.set(0, (2 * x - 1) * EDGE);
      if (this.z.length > 1) this.set(1, (1 - 2 * y) * EDGE);
    });
  }

  /** Moves one number of z; from then on all neighbours have it in common. */
  set(i, value) {
    this.z[i] = Math.round(1000 * Math.max(-REACH, Math.min(REACH, value))) / 1000;
    this.pinned.add(i);
    this.changed();
  }

  /** The neighbour under the pointer becomes z and gets neighbours of its own. */
  pick(event) {
    if (this.data.points || !this.answer) return;
    const [x, y] = place(event, this.part.many).map((at) => Math.min(COLUMNS - 1, Math.floor(at * COLUMNS)));
    this.draw(anySeed(), this.neighbours()[y * COLUMNS + x]);
    this.changed();
  }

  neighbours() {
    return this.noise.map((noise) => neighbour(this.z, noise, this.spread, this.pinned));
  }

  turn(by) {
    this.first = Math.max(0, Math.min(this.data.z_dim - 1, this.first + by));
    this.fill();
  }

  changed() {
    this.fill();
    this.asker.ask();
    if (!this.data.linked) return;
    clearTimeout(this.writing);
    this.writing = setTimeout(() => history.replaceState(history.state, "", this.url()), 400);
  }

  question() {
    const { id, points } = this.data;
    const model = this.step === null ? id : `${id}@${this.step}`;
    const others = points ? net(this.z, SIDE, REACH) : this.neighbours();
    return { url: `/api/models/${model}/images?kind=z`, body: pack([this.z, ...others]) };
  }

  /** Newer weights of a run that trains come by themselves. */
  look() {
    this.looks = (this.looks ?? 0) + 1;
    if (document.hidden || this.step !== null) return;
    if (this.data.live || this.looks % SELDOM === 0) this.asker.look();
  }

  paint(answer) {
    const { part, data } = this;
    this.answer = answer;
    if (data.points) {
      this.paintPoints(answer);
    } else {
      drawSheet(part.one, answer, 0, 1, 1, 0);
      drawSheet(part.many, answer, 1, MANY, COLUMNS, 2);
    }
    const took = `${Math.round(answer.took)} ms from your finger to the picture`;
    part.status.textContent = `Generator of step ${whole(answer.step)}, ${took}`;
    part.status.dataset.step = answer.step;
  }

  /** The real points come to lie under the net. */
  lay(ink) {
    this.real = ink;
    if (this.answer) this.paint(this.answer);
  }

  paintPoints({ pixels }) {
    const { part, z, real } = this;
    const flat = net(z, SIDE, REACH);
    const weights = flat.map(([x, y = 0]) => Math.exp(-(x * x + y * y) / 2));
    const [dot, ...made] = [z, ...flat].map((_, k) => [0, 1].map((i) => pixels[2 * k + i] / 127.5 - 1));
    const both = { weights, side: SIDE, colour: colours(part.one) };
    drawNet(part.one, { ...both, points: flat, dot: z, reach: EDGE });
    drawNet(part.many, { ...both, points: made, dot, reach: VIEW, under: real });
  }

  /** What changes with the run, not with z. */
  layout() {
    const { part, data } = this;
    part.one.closest(".explorer").classList.toggle("points", data.points);
    for (const name of ["link", "save"]) part[name].hidden = !data.linked;
    part["spread-row"].hidden = data.points;
    part["time-row"].hidden = !data.steps.length || !data.linked;
    part.time.max = data.steps.length; // one past the last snapshot: the newest
    part.one.ariaLabel = data.points ? "The plane of z, with a dot to drag" : "The picture of z";
    part.many.ariaLabel = data.points ? "Where the generator puts z" : "36 neighbours of z";
    part["one-caption"].textContent = data.points ? "Noise z: drag the dot" : "G(z)";
    part["many-caption"].textContent = data.points
      ? "G(z): the same net, bent by the generator, over the real points"
      : "36 neighbours: click one to go there";
    part["all-caption"].textContent = `z: ${data.z_dim} random numbers; draw on them`;
    part.all.hidden = data.z_dim <= data.sliders;
    part.pager.hidden = data.z_dim <= data.sliders || !data.linked;
  }

  /** Every control shows the present state. */
  fill() {
    const { part, data, first, spread, step } = this;
    const last = Math.min(data.z_dim, first + data.sliders);
    part.page.textContent = `${first + 1}–${last} of ${data.z_dim}`;
    part.back.disabled = first === 0;
    part.on.disabled = last === data.z_dim;
    part.reset.disabled = this.z.every((value, i) => value === this.home[i]);
    part.spread.value = spread;
    part["spread-text"].textContent = spread < 0.02 ? "the same" : spread > 0.98 ? "any" : `${Math.round(100 * spread)} %`;
    part.time.value = step === null ? data.steps.length : data.steps.indexOf(step);
    part["time-text"].textContent = step === null ? "newest" : whole(step);
    while (part.sliders.children.length > last - first) part.sliders.lastChild.remove();
    while (part.sliders.children.length < last - first) part.sliders.append(this.slider());
    [...part.sliders.children].forEach((row, k) => this.fillSlider(row, first + k));
    this.bars();
  }

  slider() {
    const row = document.createElement("label");
    row.className = "row";
    row.append(...["span", "input", "output"].map((tag) => document.createElement(tag)));
    const input = row.children[1];
    Object.assign(input, { type: "range", min: -REACH, max: REACH, step: 0.01 });
    input.oninput = () => this.set(Number(input.dataset.index), Number(input.value));
    return row;
  }

  fillSlider(row, i) {
    const [name, input, value] = row.children;
    name.textContent = `z${i + 1}`;
    input.ariaLabel = `Number ${i + 1} of z`;
    input.dataset.index = i;
    input.value = this.z[i];
    value.textContent = this.z[i].toFixed(2);
    row.classList.toggle("set", this.pinned.has(i));
  }

  bars() {
    const { bars } = this.part;
    const shown = [this.first, this.first + this.data.sliders];
    drawBars(bars, this.z, REACH, shown, this.pinned, colours(bars));
  }

  /** The address that brings this view back. */
  url() {
    const url = new URL(location.href);
    const moved = this.z.some((value, i) => value !== this.own[i]);
    const state = {
      run: this.data.id,
      step: this.step,
      seed: this.seed,
      spread: this.data.points ? null : this.spread,
      z: moved ? toText(this.z) : null,
      set: [...this.pinned].map((i) => i + 1).join(".") || null,
    };
    for (const [name, value] of Object.entries(state)) {
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return url.href;
  }

  async copy() {
    const { link, url } = this.part;
    try {
      await navigator.clipboard.writeText(this.url());
      link.textContent = "Copied";
      setTimeout(() => (link.textContent = "Copy link"), 1500);
    } catch {
      url.hidden = false; // without https a page may not write to the clipboard
      url.value = this.url();
      url.select();
    }
  }

  /** Both pictures side by side as a PNG, each pixel a square of several. */
  save() {
    if (!this.answer) return;
    const { one, many } = this.part;
    const side = many.height * Math.max(1, Math.floor(1424 / many.height));
    const sheet = Object.assign(document.createElement("canvas"), { width: 2 * side + 24, height: side });
    const pen = sheet.getContext("2d");
    pen.fillStyle = "white";
    pen.fillRect(0, 0, sheet.width, side);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(one, 0, 0, side, side);
    pen.drawImage(many, side + 24, 0, side, side);
    const name = `${this.data.id}-step-${this.answer.step}-seed-${this.seed}.png`;
    Object.assign(document.createElement("a"), { href: sheet.toDataURL("image/png"), download: name }).click();
  }

  tell(sentence) {
    this.part.message.textContent = sentence;
    this.part.message.hidden = !sentence;
  }
}

const anySeed = () => Math.floor(Math.random() * 2 ** 31);
const whole = (step) => step.toLocaleString("en");
