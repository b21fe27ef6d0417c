// Asks the server for pictures: one question at a time, always the newest, and again when it was busy.

const AGAIN = 2000; // ms until the next try when nothing answered
const CROWDED = 150; // ms, when others are being served and there is a picture on screen already

/**
 * `question(newer)` gives {url, body}, `newer` when only newer weights are asked for; `drawn(answer)` gets
 * {pixels, n, h, w, c, step, took}; `told(sentence, status)` gets what went wrong and the answer's HTTP status, if
 * there was one; "" when all is well.
 */
export class Asker {
  constructor(question, drawn, told) {
    Object.assign(this, { question, drawn, told, step: null });
  }

  /** Something has changed: asks now, or as soon as the question under way is answered. */
  async ask() {
    this.due = true;
    if (this.busy) return;
    this.busy = true;
    while (this.due) {
      this.due = false;
      const rest = await this.once(false);
      if (rest) await new Promise((done) => setTimeout(done, rest));
    }
    this.busy = false;
  }

  /** Asks for a picture only if there are newer weights than those of the last one. */
  async look() {
    if (this.busy) return;
    this.busy = true;
    const rest = await this.once(this.step !== null);
    this.busy = false;
    if (this.due) this.ask();
  }

  stop() {
    this.due = false;
    this.underway?.abort();
  }

  /** One question. Returns the ms to wait before it is asked again, having noted that it is due. */
  async once(newer) {
    const { url, body } = this.question(newer);
    const started = performance.now();
    this.underway = new AbortController();
    try {
      const told = { method: "POST", body, signal: this.underway.signal };
      const answer = await fetch(newer ? `${url}&after=${this.step}` : url, told);
      if (answer.status === 204) return 0;
      if (!answer.ok) return await this.refused(answer);
      const [n, h, w, c] = answer.headers.get("X-Shape").split(",").map(Number);
      this.step = Number(answer.headers.get("X-Step"));
      const pixels = new Uint8Array(await answer.arrayBuffer());
      this.told("");
      this.drawn({ pixels, n, h, w, c, step: this.step, took: performance.now() - started });
      return Number(answer.headers.get("X-Rest") ?? 0);
    } catch (error) {
      if (error.name === "AbortError") return 0;
      this.told("The server does not answer; trying again …");
      this.due = true;
      return AGAIN;
    }
  }

  async refused(answer) {
    const told = await answer.json().catch(() => ({ error: `The server said ${answer.status}.` }));
    const crowded = answer.status === 503 && this.step !== null;
    const overtaken = answer.status === 409 && this.due;
    if (!crowded && !overtaken) this.told(told.error, answer.status);
    if (answer.status !== 503) return 0;
    this.due = true;
    return crowded ? CROWDED * (1 + Math.random()) : 1000 * Number(answer.headers.get("Retry-After") ?? 1);
  }
}
