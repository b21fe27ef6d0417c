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
 * D's verdict on a picture as a sentence without its end: the likelier word, and how sure it is of that.
 * @param {number | null} share
 * @param {number} score above 0 for real
 */
export function verdict(share, score) {
  const word = score > 0 ? "real" : "generated";
  return share === null
    ? `D says ${word}, ${said(share, score)}`
    : `D says ${percent(Math.max(share, 1 - share))} ${word}`;
}

/**
 * What D says of a picture: how sure it is that it is real, 0 to 1, where its loss gives a share; else its score alone.
 * @param {number | null} share
 * @param {number} score above 0 for real
 */
export function said(share, score) {
  return share === null ? `score ${score > 0 ? "+" : ""}${number(score, 2)}` : `${percent(share)} real`;
}
