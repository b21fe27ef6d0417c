// Asking the server: the one place that knows a refusal, a busy server (503, Retry-After), that only the newest
// question counts, pictures (X-Shape) and answers that come line by line.
import { percent } from "./dom.js";
import { address } from "./root.js";
import { meaning } from "./status.js";

const AWAY = "The server does not answer.";
const AWAY_S = 1.5; // seconds until the next try when nothing answered
const CROWDED_MS = 150; // until the next try when others are being served and something is on show already

/** Why there is no answer: a sentence for people, the HTTP status (0: nothing answered), seconds until a retry may help. */
export class Refusal extends Error {
  /**
   * @param {string} sentence
   * @param {number} status
   * @param {number} retry 0 where it is not worth it
   */
  constructor(sentence, status, retry) {
    super(sentence);
    this.status = status;
    this.retry = retry;
  }
}

/**
 * @typedef {object} Options
 * @property {BodyInit} [body] what is posted; without it, and without `method`, it is a GET
 * @property {string} [method]
 * @property {AbortSignal} [signal] ends it, waiting included, with its own error
 * @property {RequestCache} [cache]
 * @property {number} [tries] how often a busy or absent server is asked at most; once unless told otherwise
 * @property {(sentence: string) => void} [told] hears why it takes longer, before each further try
 */

/**
 * A good answer to a question. Throws a Refusal.
 * @param {string} path of a route, "/api/…"
 * @param {Options} [options]
 */
export async function ask(path, { tries = 1, told, ...options } = {}) {
  for (let k = 1; ; k++) {
    try {
      return await once(path, options);
    } catch (error) {
      if (!(error instanceof Refusal) || !error.retry || k >= tries) throw error;
      told?.(error.status ? error.message : "The server does not answer; trying again …");
      await pause(1000 * error.retry, options.signal);
    }
  }
}

/**
 * The JSON of a good answer.
 * @param {string} path
 * @param {Options} [options]
 */
export async function json(path, options) {
  return arrived((await ask(path, options)).json());
}

/**
 * @typedef {object} Pictures
 * @property {Uint8Array} pixels of n pictures of h x w pixels in c channels, one after the other
 * @property {number} n
 * @property {number} h
 * @property {number} w
 * @property {number} c
 * @property {number} step of the generator; 0 where none made them
 */

/**
 * The pictures of an answer.
 * @param {Response} answer
 * @returns {Promise<Pictures>}
 */
export async function pictures(answer) {
  const [n, h, w, c] = (answer.headers.get("X-Shape") ?? "").split(",").map(Number);
  const step = Number(answer.headers.get("X-Step") ?? 0);
  return { pixels: new Uint8Array(await arrived(answer.arrayBuffer())), n, h, w, c, step };
}

/**
 * Every line of an answer as JSON, as soon as it has come. Throws a Refusal where a line is {error: sentence}.
 * @param {Response} answer
 * @returns {AsyncGenerator<any, void>}
 */
export async function* ticks(answer) {
  for await (const line of lines(answer.body)) {
    const tick = JSON.parse(line);
    if (tick.error) throw new Refusal(tick.error, answer.status, 0);
    yield tick;
  }
}

/**
 * Asks for what takes the server a while until it is there: 202 {text, done} tells how far it is, `done` from 0 to 1.
 * @param {string} path
 * @param {Options & {every?: number}} options `every`: ms between two looks
 */
export async function job(path, { every = 700, told, ...options } = {}) {
  for (;;) {
    const answer = await ask(path, { tries: Infinity, told, ...options });
    const found = await arrived(answer.json());
    if (answer.status !== 202) return found;
    told?.(`${found.text} ${percent(found.done)}`);
    await pause(every, options.signal);
  }
}

/**
 * A question for pictures: an address, and what is posted there.
 * @typedef {object} Question
 * @property {string} url
 * @property {BodyInit} [body]
 */

/**
 * What answers in the server's place (engine/page.js).
 * @typedef {object} Here
 * @property {(question: Question) => Promise<any>} draw undefined where the server has to be asked
 * @property {(question: Question) => Promise<boolean>} ready whether it answers such questions from now on, once what is
 *   on its way has come
 * @property {(url: string, step: number) => Promise<boolean | undefined>} newer whether it has newer weights than those
 *   of a step; undefined where the server has to be asked
 */

/**
 * Asks one question at a time, always the newest, and again where the server was busy.
 *
 * `question(newer)` gives {url, body}, or null where there is nothing to ask; `newer` when only newer weights are wanted.
 * `read(response)` makes of a response what `answered(answer, ms)` gets, with the ms that it took.
 * `told(sentence, status)` gets what went wrong and its HTTP status, if there was one; "" when all is well.
 */
export class Newest {
  /**
   * @param {object} how
   * @param {(newer: boolean) => (Question | null)} how.question
   * @param {(response: Response) => Promise<any>} [how.read]
   * @param {(answer: any, ms: number) => void} how.answered
   * @param {(sentence: string, status?: number) => void} [how.told]
   * @param {number} [how.apart] ms between two questions at least
   * @param {Here} [how.here] is asked before the server
   */
  constructor({ question, read = pictures, answered, told = () => {}, apart = 0, here }) {
    this.question = question;
    this.here = here;
    this.url = ""; // of the last question
    this.read = read;
    this.answered = answered;
    this.told = told;
    this.apart = apart;
    /** @type {number | null} the step of the generator that answered last; null while nothing is on show */
    this.step = null;
    this.due = this.busy = false;
  }

  /** Something has changed: asks now, or as soon as the question under way is answered. */
  async ask() {
    this.due = true;
    if (this.busy) return;
    this.busy = true;
    while (this.due) {
      this.due = false;
      const apart = this.apart ? pause(this.apart) : null; // even a timer of 0 ms takes 4 in a loop
      const rest = await this.once(false);
      if (rest) await pause(rest);
      await apart;
    }
    this.busy = false;
  }

  /** Asks only if there are newer weights than those of the last answer. */
  async look() {
    const newer = this.here && this.step !== null ? await this.here.newer(this.url, this.step) : undefined;
    if (newer === true) return this.ask();
    if (this.busy || newer === false) return;
    this.busy = true;
    await this.once(this.step !== null);
    this.busy = false;
    if (this.due) this.ask();
  }

  stop() {
    this.due = false;
    this.underway?.abort();
  }

  /** One question. Returns the ms to wait before the next. */
  async once(newer) {
    const question = this.question(newer);
    if (!question) return 0;
    const { url, body } = question;
    const started = performance.now();
    this.url = url;
    this.underway = new AbortController();
    const { signal } = this.underway;
    try {
      const drawn = this.here && !newer ? await this.here.draw(question) : undefined;
      if (signal.aborted) return 0;
      if (drawn) return this.has(drawn, drawn.step, started);
      const path = newer ? `${url}&after=${this.step}` : url;
      const response = await ask(path, { method: "POST", body, signal });
      if (response.status === 204) return 0;
      const answer = await this.read(response);
      this.has(answer, Number(response.headers.get("X-Step") ?? 0), started);
      if (this.here) this.follow(question, signal);
      return Number(response.headers.get("X-Rest") ?? 0);
    } catch (error) {
      if (error instanceof Refusal) return this.refused(error);
      if (error.name !== "AbortError") reportError(error); // ours, not the server's
      return 0;
    }
  }

  /** An answer has come; no need to rest before the next question. */
  has(answer, step, started) {
    this.step = step;
    this.told("");
    this.answered(answer, performance.now() - started);
    return 0;
  }

  /** What the server has drawn is drawn again as soon as that can be done here, so that nothing differs by a shade. */
  async follow(question, signal) {
    if ((await this.here.ready(question)) && this.url === question.url && !signal.aborted) this.ask();
  }

  refused({ message, status, retry }) {
    const crowded = status === 503 && this.step !== null;
    const overtaken = status === 409 && this.due;
    if (!status) this.told("The server does not answer; trying again …");
    else if (!crowded && !overtaken) this.told(message, status);
    if (!retry) return 0;
    this.due = true;
    return crowded ? CROWDED_MS * (1 + Math.random()) : 1000 * retry;
  }
}

/** Waits so many ms; `signal` ends that with its error. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

/** The rest of an answer. Throws a Refusal where it breaks off. */
async function arrived(rest) {
  try {
    return await rest;
  } catch (error) {
    throw error.name === "AbortError" ? error : new Refusal(AWAY, 0, AWAY_S);
  }
}

/**
 * @param {string} path
 * @param {Options} options
 */
async function once(path, { body, method = body === undefined ? "GET" : "POST", signal, cache }) {
  let answer;
  try {
    answer = await fetch(address(path), { body, method, signal, cache });
  } catch (error) {
    if (error instanceof TypeError) throw new Refusal(AWAY, 0, AWAY_S); // how fetch tells that nothing answered
    throw error;
  }
  if (answer.ok) return answer;
  const found = await answer.json().catch(() => ({}));
  const absent = [502, 504].includes(answer.status) ? AWAY_S : 0; // behind a proxy, which answers in its place
  const retry = answer.status === 503 ? Number(answer.headers.get("Retry-After") ?? 1) : absent;
  throw new Refusal(found.error ?? meaning(answer.status), answer.status, retry);
}

async function* lines(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const parts = (rest + (value ?? "")).split("\n");
    rest = parts.pop();
    yield* parts.filter(Boolean);
    if (done) break;
  }
  if (rest) yield rest;
}
