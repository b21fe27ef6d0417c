// Follows runs of the app: one feed a run however many look.

import { json } from "../base/http.js";
import { address } from "../base/root.js";
import { stage } from "../base/stage.js";
import { Feed } from "./run-feed.js";

const PATIENCE = 8000; // ms for one answer

/** @type {import("./run-feed.js").Source} */
const ROUTE = {
  async series(feed) {
    const query = feed.fresh ? "" : `?after=${feed.seq}&known=${feed.known}`;
    const signal = AbortSignal.timeout(PATIENCE);
    const answer = await json(`/api/runs/${feed.id}/series${query}`, { cache: "no-store", signal });
    stage.hear(answer.stage);
    return answer;
  },
  address,
  quick: true,
};

const feeds = new Map();

/**
 * Tells `listener(feed)` whenever something about the run is new, at once if something is known
 * already. Returns { feed, stop }.
 */
export function follow(id, listener) {
  const feed = feeds.get(id) ?? new Feed(id, ROUTE);
  feeds.set(id, feed);
  feed.listeners.add(listener);
  if (feed.state !== "loading") queueMicrotask(() => feed.listeners.has(listener) && listener(feed));
  feed.poke();
  const stop = () => {
    feed.listeners.delete(listener);
    if (!feed.listeners.size) {
      feed.close();
      if (feeds.get(id) === feed) feeds.delete(id);
    }
  };
  return { feed, stop };
}
