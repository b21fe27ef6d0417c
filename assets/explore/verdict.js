// What D and EvalNet make of the sample, asked when the finger rests.
import { Newest } from "../base/http.js";
import { VerdictPanel } from "../base/verdict-panel.js";

export class Verdict {
  constructor(explorer) {
    this.panel = new VerdictPanel({ compact: true });
    this.panel.note(explorer.context.data.d_note ?? "");
    this.element = this.panel.element;
    this.asker = new Newest({
      question: () => {
        const { context, answer } = explorer;
        const { pixels, h: high, w, c } = answer;
        this.asked = answer;
        const url = `/api/models/${context.model()}/reading?user=${context.user}`;
        return { url, body: pixels.slice(0, high * w * c) };
      },
      read: (response) => response.json(),
      answered: (found) => explorer.answer === this.asked && this.panel.show(found),
      told: (sentence, status) => sentence && status !== 503 && this.panel.excuse(sentence),
    });
  }

  invalidate() {
    this.panel.stale();
  }

  idle() {
    this.asker.ask();
  }

  destroy() {
    this.asker.stop();
    this.panel.destroy();
  }
}
