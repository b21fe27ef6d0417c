// The class on the watch page: the teacher's chart and moment are followed, and the question to the class is answered.
import { h, redraw } from "../base/dom.js";
import { notePick, pickOf } from "../base/picks.js";
import { answers } from "../guide/answers.js";

export class ClassCard {
  /**
   * @param {((question: number, pick: number) => void) | undefined} send tells a pick; a published page has none
   * @param {(scene: {panel: string, step: number | null}) => void} go shows a chart and a moment
   */
  constructor(send, go) {
    this.send = send;
    this.go = go;
    /** @type {any} what is asked, null while nothing is */
    this.question = null;
    this.element = h("section", {
      class: "watch-section",
      "data-part": "class-question",
      "aria-live": "polite",
      hidden: true,
    });
    this.gone = ""; // the scene that was followed last: whoever goes elsewhere is not brought back to it
    this.drawn = ""; // what the card shows: a run that trains has news every second, and a screen reader reads it out
  }

  /** @param {any} feed `stage` is what the server tells of the class */
  show({ id, stage }) {
    const { scene, question } = stage ?? {};
    const here = id && scene?.page === "train" && (scene.query.run ?? id) === id;
    const key = here ? `${scene.panel}@${scene.step}` : "";
    if (here && key !== this.gone) this.go(scene);
    this.gone = key;
    this.question = this.send ? question : null;
    this.draw();
  }

  draw() {
    const { question } = this;
    this.element.hidden = !question;
    if (!question) return;
    const { text, options, right, counts } = question;
    const picked = pickOf(question.id);
    const drawn = JSON.stringify([question, picked]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const onpick = right === null ? (k) => this.pick(question.id, k) : null;
    redraw(this.element, answers({ text, options, picked, right, counts, onpick }));
  }

  pick(question, k) {
    notePick(question, k);
    this.draw();
    this.send?.(question, k);
  }
}
