// The stage: what the teacher shows to the class, told to every part of a page that follows, and set by the teacher's.
import { json } from "./http.js";
import { notePick, pickOf } from "./picks.js";

/**
 * @typedef {{page: string, query: Record<string, string>, panel: string, step: number | null}} Scene
 * @typedef {{id: number, text: string, options: string[], counts: number[], right: number | null}} Question
 * @typedef {{seq: number, follows: boolean, scene: Scene | null, question: Question | null}} Told
 */

const EVERY = 2500; // ms between two looks where no feed of a run tells it
const REST = 400; // ms that a scene stays as it is before it is told: sliders move
/** @type {any} */
const REST_OF_SCENE = { panel: "", step: null }; // where nobody chose a panel or a moment
const TRIES = 20; // a server that is busy or away for a moment is asked again
const ROAMS = "forger-looks-around"; // in this tab: 1 once somebody looked around by themselves

class Stage {
  constructor() {
    /** @type {Told} */
    this.told = { seq: 0, follows: true, scene: null, question: null };
    this.role = ""; // "teacher", "watcher", or "" where there is no class
    this.listeners = new Set();
    this.heardAt = 0;
    this.timer = 0;
    this.scene = { ...REST_OF_SCENE };
    this.said = "";
  }

  /** Hears of every change until the returned function is called. */
  listen(listener) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Who this browser is: a watcher's looks by itself where nothing else does, a teacher's tells what it shows. */
  be(role) {
    this.role = role;
    if (role && !this.timer) this.timer = window.setInterval(() => this.look(), EVERY);
    if (!role) clearInterval(this.timer);
    if (!role) this.timer = 0;
    this.say();
  }

  /** Takes what an answer tells; null where that is as it was. */
  hear(told) {
    this.heardAt = Date.now();
    if (told?.follows && !told.scene && this.said) this.again(); // a server that began anew, or a class that follows again
    if (!told || JSON.stringify(told) === JSON.stringify(this.told)) return;
    this.told = told;
    for (const listener of [...this.listeners]) listener(told);
  }

  async look() {
    if (document.visibilityState !== "visible" || Date.now() - this.heardAt < EVERY) return;
    this.hear(await json("/api/stage", { cache: "no-store" }).catch(() => null));
  }

  /** The scene to follow now; null for the teacher, and for a watcher who looks around. */
  get followed() {
    return this.role === "watcher" && !this.roams ? this.told.scene : null;
  }

  get roams() {
    return sessionStorage.getItem(ROAMS) === "1";
  }

  roam(yes) {
    if (yes === this.roams) return;
    sessionStorage.setItem(ROAMS, yes ? "1" : "0");
    for (const listener of [...this.listeners]) listener(this.told);
  }

  /** What this browser shows now; another place begins with its own panel, live. The teacher's is said to the class. */
  show(part) {
    const { page, query } = this.scene;
    const moved = page && part.page && JSON.stringify([page, query]) !== JSON.stringify([part.page, part.query]);
    this.scene = { ...(moved ? REST_OF_SCENE : this.scene), ...part };
    this.say();
  }

  /** Says the scene as far as it is another than was said last; in a tab that can be seen, and known as the teacher's. */
  say() {
    if (this.role !== "teacher" || document.visibilityState !== "visible" || !this.scene.page) return;
    const scene = JSON.stringify(this.scene);
    if (scene === this.said) return;
    this.said = scene;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.post({ scene: this.scene }), REST);
  }

  again() {
    this.said = "";
    this.say();
  }

  /** Sets something as the teacher: {scene, ask, answer}. */
  post(change) {
    return this.send("/api/stage", change);
  }

  /** What this tab picked of the question, null before it did. */
  get picked() {
    const { question } = this.told;
    return question && pickOf(question.id);
  }

  pick(k) {
    const { question } = this.told;
    if (!question) return;
    notePick(question.id, k);
    return this.send("/api/stage/pick", { question: question.id, pick: k });
  }

  async send(path, body) {
    const sent = new Blob([JSON.stringify(body)], { type: "application/json" });
    this.hear(await json(path, { body: sent, tries: TRIES }).catch(() => null));
  }
}

export const stage = new Stage();
