// What D and EvalNet make of the sample, asked when the finger rests: those in the page, the server until they are here.
import { Newest } from "../base/http.js";
import { VerdictPanel } from "../base/verdict-panel.js";
import { generators } from "../engine/page.js";

export class Verdict {
  constructor(explorer) {
    this.url = () => `/api/models/${explorer.context.model()}/reading?user=${explorer.context.user}`;
    this.panel = new VerdictPanel({ compact: true });
    this.panel.note(explorer.context.data.d_note ?? "");
    this.element = this.panel.element;
    this.asker = new Newest({
      question: () => {
        const { pixels, h: high, w, c } = explorer.answer;
        this.asked = explorer.answer;
        return { url: this.url(), body: pixels.slice(0, high * w * c) };
      },
      read: (response) => response.json(),
      answered: (found) => explorer.answer === this.asked && this.panel.show(found),
      told: (sentence, status) => sentence && status !== 503 && this.panel.excuse(sentence),
      here: {
        draw: async (question) => (explorer.answer.here ? generators.draw(question) : undefined),
        ready: async () => false,
        newer: async () => undefined,
      },
    });
  }

  invalidate() {
    this.panel.stale();
  }

  async idle(answer) {
    if (answer.here) await generators.newer(this.url(), answer.step); // the D that belongs to what is shown
    this.asker.ask();
  }

  destroy() {
    this.asker.stop();
    this.panel.destroy();
  }
}
