// What is known of a run, and asking for what is new while the page is visible, wherever that comes from.

const FIRST = 300; // ms between questions while something has just begun
const PAUSES = { training: 1000, paused: 1000, queued: 1000, stopped: 3000 }; // ms, by status
const DONE = 10000; // finished or failed
const CLASS = 3000; // the same while a class is shown or asked something
const EAGER = 5000; // how long "just begun" lasts
const MOST = 4000; // records kept; more are asked for anew, and the server thins them to 1,000

/**
 * What the numbers of a run are: what each column of statistics is called, the scale of D's answer, and the settings
 * that may change while it trains, each with the event that records it and what it was at first.
 * @typedef {{probability: boolean, threshold: number | null, note: string}} Scale
 * @typedef {{label: string, event: string, first: any}} Live
 * @typedef {{statistics: Record<string, string>, d: Scale | null, live?: Record<string, Live>}} About
 * @type {About}
 */
const ABOUT = { statistics: {}, d: null, live: {} };
const STAGE = { seq: 0, follows: true, scene: null, question: null }; // what the teacher shows; a published run has none

/**
 * Where a feed is from. `series` is the answer of `GET …/series` with what this feed does not have yet; `address` is where
 * a picture is, by its template; `quick`: whether asking more than once a second is any use.
 * @typedef {{series: (feed: any) => Promise<any>, address: (path: string) => string, quick: boolean}} Source
 */

/**
 * What is known of a run. `columns` are arrays of equal length with null where a value is not finite;
 * `told` counts the times they were replaced instead of appended to. `state` is loading, live, lost
 * (no answer) or gone (deleted); `heard` when there was an answer last, in ms since 1970; `stale` since when a published
 * run that trains has brought nothing new, 0 while it does.
 */
export class Feed {
  /**
   * @param {string} id
   * @param {Source} source
   */
  constructor(id, source) {
    this.id = id;
    this.source = source;
    this.eager = 0;
    this.listeners = new Set();
    this.state = "loading";
    this.told = 0;
    this.forget();
    this.hurry();
    this.misses = 0;
    this.heard = Date.now();
    this.onvisible = () => document.visibilityState === "visible" && this.poke();
    document.addEventListener("visibilitychange", this.onvisible);
    window.addEventListener("online", this.onvisible);
  }

  forget() {
    this.generation = 0;
    this.seq = -1;
    this.columns = {};
    this.events = [];
    this.control = { budget: {} };
    this.samples = { fixed: [], random: [] };
    this.about = ABOUT;
    this.stage = STAGE;
    this.real = null;
    this.picture_url = "";
    this.known = "";
    this.status = "";
    this.place = 0;
    this.error = "";
    this.fresh = true;
    this.checks = {};
    this.classes = [];
    this.wanted = null;
    this.light = null;
    this.stale = 0;
    this.told += 1;
  }

  /** Number of records. */
  get length() {
    return this.columns.seq?.length ?? 0;
  }

  /** The newest value of a column, null when there is none. */
  last(name) {
    return this.columns[name]?.at(-1) ?? null;
  }

  /** Record k as { step, epoch, seconds }, zeros where there is none. */
  record(k) {
    const told = (name) => this.columns[name]?.[k] ?? 0;
    return { step: told("step"), epoch: told("epoch"), seconds: told("seconds") };
  }

  /** How far the run is: its newest record, or what was done to it since. */
  newest() {
    const { step = 0, epoch = 0, seconds = 0 } = this.events.at(-1) ?? {};
    const record = this.record(this.length - 1);
    return step > record.step ? { step, epoch, seconds } : record;
  }

  /** The value of a column that grows with the steps at one of them, reckoned from the records around it. */
  at(name, step) {
    const steps = this.columns.step ?? [];
    const values = this.columns[name] ?? [];
    const k = steps.findIndex((value) => value >= step);
    if (k < 0) return this.after(name, step);
    const [from, start] = k ? [steps[k - 1], values[k - 1]] : [0, 0];
    const share = steps[k] === from ? 1 : (step - from) / (steps[k] - from);
    return start + (values[k] - start) * share;
  }

  /** The same at a step of which there is no record yet, at the pace so far. */
  after(name, step) {
    const newest = this.newest();
    const [value, at] =
      name in newest ? [newest[name], newest.step] : [this.last(name) ?? 0, this.columns.step?.at(-1) ?? 0];
    return at ? (value * step) / at : 0;
  }

  /**
   * The last checkup at or before a step (null: the newest) that has `name`, as { step, shares,
   * d_hist_real, d_hist_fake, d_range }; null when there is none.
   */
  check(name, step = null) {
    const { step: steps = [], [name]: values = [] } = this.checks;
    const k = values.findLastIndex((value, at) => value && (step === null || steps[at] <= step));
    return k < 0 ? null : Object.fromEntries(Object.entries(this.checks).map(([key, all]) => [key, all[k]]));
  }

  /** Where a grid of this run is; `sort` is fixed or random. */
  picture(sort, step) {
    return this.source.address(this.picture_url.replace("{sort}", sort).replace("{step}", step));
  }

  /** Asks now, and often for a while: something was just done. */
  poke() {
    this.hurry();
    clearTimeout(this.timer);
    if (!this.asking) this.ask();
  }

  /** Asks often for a while, where the source has news that often. */
  hurry() {
    if (this.source.quick) this.eager = Date.now() + EAGER;
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.onvisible);
    window.removeEventListener("online", this.onvisible);
  }

  async ask() {
    if (this.closed || document.visibilityState !== "visible") return;
    this.asking = true;
    this.again = false;
    try {
      this.take(await this.source.series(this));
      this.misses = 0;
      this.heard = Date.now();
    } catch (error) {
      const gone = error.status === 404;
      this.misses = gone ? 0 : this.misses + 1;
      if (gone || this.misses > 1) this.lose(gone ? "gone" : "lost");
    } finally {
      this.asking = false;
      clearTimeout(this.timer);
      if (!this.closed) this.timer = setTimeout(() => this.ask(), this.pause());
    }
  }

  pause() {
    if (this.again) return 0;
    if (this.state === "gone") return DONE;
    if (this.misses) return Math.min(500 * 2 ** this.misses, 5000);
    const usual = PAUSES[this.status] ?? (this.stage.scene || this.stage.question ? CLASS : DONE);
    return Date.now() < this.eager ? Math.min(usual, FIRST) : usual;
  }

  lose(state) {
    if (state === "gone") this.fresh = true;
    if (this.state === state) return;
    this.state = state;
    this.tell();
  }

  take(answer) {
    const cut = answer.generation !== this.generation || answer.seq < this.seq;
    this.again = !this.fresh && (cut || this.length > MOST);
    if (this.again) {
      this.fresh = true; // a resume took a part of the log back, or there is too much: start over
      return;
    }
    if (this.fresh) this.forget();
    const before = this.standing();
    const { columns, checks = {}, events, control, samples, about, stage, ...rest } = answer;
    const known = { events, control, samples, about, stage };
    for (const [name, part] of Object.entries(known)) if (part) this[name] = part;
    const told = Object.values(known).some(Boolean);
    if (rest.light && rest.light.name === this.light?.name) rest.light.step = this.light.step; // it began then
    const news = this.fresh || columns.seq?.length || told;
    append(this.columns, columns);
    append(this.checks, checks);
    Object.assign(this, rest, { fresh: false, state: "live" });
    if (news || this.standing() !== before) this.tell();
  }

  standing() {
    const { state, status, place, error, real, light, classes, wanted, stale } = this;
    return JSON.stringify([state, status, place, error, real, light, classes, wanted, stale > 0]);
  }

  tell() {
    for (const listener of [...this.listeners]) {
      try {
        listener(this);
      } catch (error) {
        reportError(error); // ours, not the server's: it must not look like a lost connection
      }
    }
  }
}

/** Makes columns of equal length longer; one that is new has had nulls. */
function append(columns, more) {
  const before = Object.values(columns)[0]?.length ?? 0;
  for (const [name, values] of Object.entries(more)) {
    columns[name] ??= new Array(before).fill(null);
    columns[name].push(...values);
  }
}
