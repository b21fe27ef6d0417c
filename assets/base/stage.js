// The stage: what the teacher shows to the class, told to every part of a page that follows, and set by the teacher's.
import { json } from "./http.js";

/**
 * @typedef {{page: string, query: Record<string, string>, panel: string, step: number | null}} Scene
 * @typedef {{id: number, text: string, options: string[], counts: number[], right: number | null}} Question
 * @typedef {{seq: number, scene: Scene | null, question: Question | null}} Told
 */

const EVERY = 2500; // ms between two looks where no feed of a run tells it
const REST = 400; // ms that a scene stays as it is before it is told: sliders move
const ROAMS = "forger-looks-around"; // in this tab: 1 once somebody looked around by themselves
const PICKS = "forger-picks"; // in this tab: [id of a question, pick]

class Stage {
  constructor() {
    /** @type {Told} */
    this.told = { seq: 0, scene: null, question: null };
    this.role = ""; // "teacher", "watcher", or "" where there is no class
    this.listeners = new Set();
    this.heardAt = 0;
    this.timer = 0;
    this.scene = {};
  }

  /** Hears of every change until the returned function is called. */
  listen(listener) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Who this browser is; a watcher's looks by itself where nothing else does. */
  be(role) {
    this.role = role;
    if (role && !this.timer) this.timer = window.setInterval(() => this.look(), EVERY);
    if (!role) clearInterval(this.timer);
    if (!role) this.timer = 0;
  }

  /** Takes what an answer tells; null where that is as it was. */
  hear(told) {
    this.heardAt = Date.now();
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

  /** The teacher shows this, as far as it is another than before; in a tab that can be seen. */
  show(part) {
    if (this.role !== "teacher" || document.visibilityState !== "visible") return;
    const scene = { ...this.scene, ...part };
    if (JSON.stringify(scene) === JSON.stringify(this.scene)) return;
    this.scene = scene;
    clearTimeout(this.resting);
    if (scene.page) this.resting = setTimeout(() => this.post({ scene }), REST);
  }

  /** Sets something as the teacher: {scene, ask, answer}. */
  post(change) {
    return this.send("/api/stage", change);
  }

  /** What this tab picked of the question, null before it did. */
  get picked() {
    const [id, pick] = JSON.parse(sessionStorage.getItem(PICKS) ?? "[]");
    return id === this.told.question?.id ? pick : null;
  }

  pick(k) {
    const { question } = this.told;
    if (!question) return;
    sessionStorage.setItem(PICKS, JSON.stringify([question.id, k]));
    return this.send("/api/stage/pick", { question: question.id, pick: k });
  }

  async send(path, body) {
    const sent = new Blob([JSON.stringify(body)], { type: "application/json" });
    this.hear(await json(path, { body: sent }).catch(() => null));
  }
}

export const stage = new Stage();
