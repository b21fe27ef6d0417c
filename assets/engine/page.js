// Generators in the page: questions for pictures are answered here where that can be, in place of the server; and those
// to D and EvalNet.
//
// A generator is fetched when it is first asked for, a snapshot when it is asked for again; until it has come, and where the page cannot draw it, the server
// answers as ever. Its weights are fetched anew when somebody looks for newer ones.
import { Refusal, ask, json, pause, pictures } from "../base/http.js";
import { Client } from "./client.js";

const APART = 900; // ms between two looks for newer weights, however many look
const MOST = 8; // generators that are held, the last ones used
const ELSEWHERE = ["format"]; // files are the server's
const REFUSED = "not available because the page cannot draw by itself: "; // what ui/api/programs.py says before a reason
const PATH = /^\/api\/models\/([^/]+)\/(images|reading)\?(.*)$/;

/**
 * @typedef {import("../base/http.js").Pictures} Pictures
 * @typedef {import("../base/http.js").Question} Question
 */

class Generators {
  constructor() {
    /** @type {Map<string, Held>} by name, ID or ID@STEP; the last one used stands last */
    this.held = new Map();
    /** @type {Map<string, string>} by id of a run, why only the server can draw it: nothing is asked for such a one */
    this.served = new Map();
    this.client = new Client(() => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }));
  }

  /**
   * The answer to a question, undefined where the server has to be asked.
   * @param {Question} question
   * @returns {Promise<any>} pictures, or what D and EvalNet say; and `here`
   */
  async draw({ url, body }) {
    const { held, query } = this.asked(url);
    if (!held || !ArrayBuffer.isView(body)) return undefined;
    if (!held.ready) {
      if (++held.asked > 1 || !held.fixed) held.refresh(); // a snapshot may be looked at in passing
      return undefined;
    }
    try {
      const label = query.has("class") ? Number(query.get("class")) : undefined;
      const shifted = query.get("kind") === "zw";
      const styles = this.styles(held, query);
      if (!styles) return undefined;
      const told = body instanceof Float32Array ? { z: body, label, shifted, styles } : { pixels: body };
      const { answer } = await this.client.post({ name: held.key, ...told });
      return { ...answer, here: true };
    } catch (error) {
      held.excuse(error.message);
      return undefined;
    }
  }

  /** What is to be done to w; null where centres are wanted that have not come yet. */
  styles(held, query) {
    const psi = Number(query.get("psi") ?? 1);
    const mixed = { border: Number(query.get("border") ?? 0), coarse: Number(query.get("coarse") ?? 0) };
    if (psi === 1) return mixed;
    const centres = held.centres?.[query.get("centre") ?? "nearest"];
    if (!centres) held.fetchCentres();
    return centres ? { psi, centres, ...mixed } : null;
  }

  /**
   * Whether there are newer weights than those of a step, once they are here; undefined where the server draws.
   * @param {string} url of a question
   * @param {number} step
   */
  async newer(url, step) {
    const { held } = this.asked(url);
    if (!held?.ready) return void held?.refresh();
    await held.refresh();
    return held.ready ? held.step > step : undefined;
  }

  /**
   * Whether such questions are answered here from now on, once what is on its way has come.
   * @param {Question} question
   */
  async ready({ url, body }) {
    const { held, query } = this.asked(url);
    if (!held || !ArrayBuffer.isView(body)) return false;
    await held.underway;
    while (held.again) {
      await pause(held.notBefore - performance.now() + 1);
      await held.refresh();
    }
    if (held.ready && query.has("psi")) await held.fetchCentres();
    return held.ready && (!query.has("psi") || held.centres !== null);
  }

  /**
   * The answer to a question from here, once what it needs has come; undefined where only the server has one.
   * @param {Question} question
   * @returns {Promise<any>}
   */
  async here(question) {
    const { held } = this.asked(question.url);
    await held?.refresh();
    return (await this.ready(question)) ? this.draw(question) : undefined;
  }

  /** The generator of a question that can be answered here. */
  asked(url) {
    const [, name, route, text] = PATH.exec(url) ?? [];
    const query = new URLSearchParams(text);
    const drawn = ["z", "zw"].includes(query.get("kind")) && !ELSEWHERE.some((name) => query.has(name));
    const served = drawn && this.served.has(idOf(name));
    const can = name && !served && !this.client.broken && (drawn || route === "reading");
    return { held: can ? this.of(name, route === "reading" ? "judge" : "program") : null, query };
  }

  /** Whether the generator of that name is here. */
  draws(name) {
    return this.held.get(name)?.ready ?? false;
  }

  /** Why the server draws the generator of that name: a sentence; "" where it does not, or not for long. */
  why(name) {
    return this.served.get(idOf(name)) ?? this.held.get(name)?.why.replace(REFUSED, "") ?? "";
  }

  of(name, route = "program") {
    const key = route === "program" ? name : `${name}/${route}`;
    const held = this.held.get(key) ?? new Held(this, name, route, key);
    this.held.delete(key);
    this.held.set(key, held);
    if (this.held.size > MOST) {
      const [oldest] = this.held.keys();
      this.held.delete(oldest);
      this.client.tell({ name: oldest });
    }
    return held;
  }
}

/** The run of a generator's name. */
const idOf = (name = "") => name.split("@")[0];

/** A generator in the worker, or on its way there. */
class Held {
  constructor(generators, name, route, key) {
    this.generators = generators;
    this.name = name;
    this.route = route;
    this.key = key;
    this.fixed = name.includes("@"); // a snapshot
    this.ready = false;
    this.why = "";
    this.asked = 0; // times that it was not ready
    this.step = this.generation = -1;
    this.notBefore = 0;
    this.again = false; // whether the server was only busy when it was asked last
    this.underway = null;
    this.classified = route !== "judge"; // whether EvalNet is here, or there is none
    /** @type {Record<string, number[][]> | null} what psi draws w to, by name; of these weights */
    this.centres = null;
  }

  /** Fetches what is newer than what is here; a snapshot once. Many may wait for the same. */
  refresh() {
    const settled = this.ready && this.fixed;
    if (settled || this.why || performance.now() < this.notBefore) return Promise.resolve();
    this.underway ??= this.fetch().finally(() => (this.underway = null));
    return this.underway;
  }

  async fetch() {
    this.again = false;
    try {
      const query = new URLSearchParams(this.route === "judge" ? { networks: "d" } : {});
      if (this.ready)
        Object.entries({ after: this.step, g: this.generation }).map(([name, k]) => query.set(name, `${k}`));
      if (!this.classified) await this.classify();
      const answer = await ask(`/api/models/${this.name}/${this.route}${query.size ? `?${query}` : ""}`);
      this.notBefore = performance.now() + APART;
      if (answer.status === 204) return;
      const program = await this.load(answer);
      const drawn = this.centres !== null;
      this.centres = null;
      this.step = program.step;
      this.generation = program.generation;
      if (drawn) await this.fetchCentres();
      this.ready = true;
    } catch (error) {
      if (!(error instanceof Refusal)) this.excuse(error.message);
      else if (error.status === 409) this.excuse(error.message);
      else {
        this.notBefore = performance.now() + 1000 * Math.max(1, error.retry); // absent, busy, or replaced meanwhile
        this.again = error.retry > 0 && this.generators.held.has(this.key);
      }
    }
  }

  /** Has the worker take the program of an answer and the weights that it names. */
  async load(answer) {
    const program = await answer.json();
    const weights = await (await ask(`/${program.weights}`)).arrayBuffer();
    await this.generators.client.post({ name: this.key, program, weights }, [weights]);
    return program;
  }

  /** EvalNet once: it stays while D learns. */
  async classify() {
    await this.load(await ask(`/api/models/${this.name}/judge?networks=e`));
    this.classified = true;
  }

  /** Fetches what psi draws w to; nothing where the server has other weights by now: newer ones are on their way. */
  fetchCentres() {
    this.coming ??= this.askCentres().finally(() => (this.coming = null));
    return this.coming;
  }

  async askCentres() {
    if (this.centres) return;
    try {
      const { step, ...centres } = await json(`/api/models/${this.name}/centres`);
      if (step === this.step) this.centres = centres;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error; // the server draws
    }
  }

  excuse(sentence) {
    this.ready = false;
    this.why = sentence;
  }
}

/** The generators of this page, for what asks for pictures. */
export const generators = new Generators();

/**
 * The pictures of one question, from here or from the server. Throws a Refusal.
 * @param {Question} question
 * @returns {Promise<Pictures>}
 */
export async function drawn(question) {
  return (await generators.draw(question)) ?? pictures(await ask(question.url, { body: question.body }));
}
