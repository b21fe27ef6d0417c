// A worker that draws, and questions to it: each is answered by a message of the same number.

export class Client {
  /** @param {() => Worker} begin starts the worker, when it is first asked */
  constructor(begin) {
    this.begin = begin;
    /** @type {Map<number, {resolve: (answer: any) => void, reject: (error: Error) => void}>} */
    this.waiting = new Map();
    this.count = 0;
    /** @type {Worker | null} */
    this.worker = null;
    this.broken = typeof Worker === "undefined";
  }

  /** Sends the worker a message, and waits for its answer. Throws an Error with a sentence. */
  post(message, transfer = []) {
    this.worker ??= this.start();
    const id = ++this.count;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...message }, transfer);
    });
  }

  /** Sends a message that needs no answer; nothing where there is no worker yet. */
  tell(message) {
    this.worker?.postMessage(message);
  }

  start() {
    const worker = this.begin();
    worker.onmessage = ({ data }) => {
      const { resolve, reject } = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.error) reject(new Error(data.error));
      else resolve(data);
    };
    worker.onerror = () => {
      this.broken = true; // no such workers, or it could not be loaded
      for (const { reject } of this.waiting.values()) reject(new Error("The worker that draws has stopped."));
      this.waiting.clear();
    };
    return worker;
  }
}
