// Words that several parts of a page share: how a run stands (ui has the same for its lists), what D says.
import { number, percent } from "./dom.js";

export const STATUS = {
  loading: "Loading",
  lost: "Reconnecting",
  gone: "Deleted",
  training: "Training",
  paused: "Paused",
  queued: "Waiting",
  stopped: "Stopped",
  finished: "Finished",
  failed: "Failed",
};

/**
 * What D says of a picture: how sure it is that it is real, 0 to 1, where its loss gives a share; else its score alone.
 * @param {number | null} share
 * @param {number} score above 0 for real
 */
export function said(share, score) {
  return share === null ? `score ${score > 0 ? "+" : ""}${number(score, 2)}` : `${percent(share)} real`;
}
