// The class on the watch page: the teacher's chart and moment are followed, and the question to the class is answered.
import { h } from "../base/dom.js";
import { answers } from "../guide/answers.js";

export class ClassCard {
  /**
   * @param {((question: number, pick: number) => Promise<any>) | undefined} send tells a pick; a published page has none
   * @param {(scene: {panel: string, step: number | null}) => void} go shows a chart and a moment
   */
  constructor(send, go) {
    this.send = send;
    this.go = go;
    this.element = h("section", {
      class: "watch-section",
      "data-part": "class-question",
      "aria-live": "polite",
      hidden: true,
    });
    this.gone = ""; // the scene that was followed last: whoever goes elsewhere is not brought back to it
    this.picked = new Map(); // by the id of a question
  }

  /** @param {any} feed `stage` is what the server tells of the class */
  show({ id, stage }) {
    const { scene, question } = stage ?? {};
    const here = scene?.page === "train" && (scene.query.run ?? id) === id;
    const key = here ? `${scene.panel}@${scene.step}` : "";
    if (here && key !== this.gone) this.go(scene);
    this.gone = key;
    this.element.hidden = !question || !this.send;
    if (this.element.hidden) return;
    const { text, options, right, counts } = question;
    const picked = this.picked.get(question.id) ?? null;
    const onpick = right === null ? (k) => this.pick(question, k) : null;
    this.element.replaceChildren(answers({ text, options, picked, right, counts, onpick }));
  }

  async pick(question, k) {
    this.picked.set(question.id, k);
    await this.send?.(question.id, k);
  }
}
