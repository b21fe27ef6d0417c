// The third source of the watch view: a server of ours, asked for the run that the address names or for the one that is followed.
import { h } from "../base/dom.js";
import { handOf } from "../quiz/hand.js";

const PATIENCE = 8000; // ms for one answer
const TRIES = 20; // of a busy server, a second or so apart

/**
 * As source.js has it. A name of a file is an address of a route here.
 * @typedef {import("./source.js").From} From
 * @implements {From}
 */
export class Routes {
  /**
   * @param {string} base the address of the app, with a slash at its end
   * @param {string} run the run that is named, "" to follow
   */
  constructor(base, run) {
    this.base = base;
    this.run = run;
    this.quick = false;
  }

  address(path) {
    return new URL(path, this.base).href;
  }

  /** What a feed does not have yet; of another run than it has, all. */
  async series(feed) {
    const query = new URLSearchParams({ held: feed.id });
    if (this.run) query.set("run", this.run);
    if (!feed.fresh) {
      query.set("after", feed.seq);
      query.set("known", feed.known);
    }
    const { id, ...answer } = await (await this.ask(`api/watch?${query}`, 1)).json();
    if (id !== feed.id) Object.assign(feed, { id, fresh: true });
    return answer;
  }

  async json(name) {
    return (await this.ask(name)).json();
  }

  async read(name) {
    return (await this.ask(name)).arrayBuffer();
  }

  /** D as the server has it now. */
  async critic(feed) {
    const program = await this.json(feed.critic);
    return { program, weights: program.weights };
  }

  /** What a round of the quiz is dealt from: which are real, those, and noise for the others. */
  async hand(feed, view, seed, n) {
    return handOf(await this.ask(`api/models/${feed.id}/hand?seed=${seed}&n=${n}`), view.z_dim);
  }

  /** Tells what this browser picks of the question to the class. */
  async pick(question, pick) {
    const body = new Blob([JSON.stringify({ question, pick })], { type: "application/json" });
    await fetch(this.address("api/stage/pick"), { method: "POST", body }).catch(() => null); // the next look shows it
  }

  /** What the app has beside this page. */
  more(feed) {
    const link = h("a", { href: this.address(`?run=${feed.id}`) }, "The whole app");
    return [link, ": draw a digit and ask D, compare runs, lessons, the wheel."];
  }

  /** A good answer; a busy server is asked again. Throws an Error with a sentence and, as `status`, what HTTP said. */
  async ask(path, tries = TRIES) {
    for (let k = 1; ; k++) {
      const answer = await fetch(this.address(path), { signal: AbortSignal.timeout(PATIENCE) });
      if (answer.ok) return answer;
      const why = await answer.json().catch(() => ({}));
      const retry = Number(answer.headers.get("Retry-After"));
      if (!retry || k >= tries) throw refusal(why.error, answer.status);
      await new Promise((done) => setTimeout(done, 1000 * retry));
    }
  }
}

function refusal(sentence = "The server does not answer.", status = 0) {
  return Object.assign(new Error(sentence[0].toUpperCase() + sentence.slice(1)), { status });
}
