// A GIF played on a canvas and recorded from there as a video, where the browser can do both.
import { pause } from "../base/http.js";

const KINDS = ["video/mp4;codecs=avc1.42E01F", "video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm"];
const BITS_PER_SECOND = 2_500_000;
const FRAMES_PER_SECOND = 10;
const LAST_MS = 300; // what the recorder is given to see the last frame

/** The first kind of video that this browser records of a GIF; "" for none. */
export function kindOfVideo() {
  if (typeof MediaRecorder === "undefined" || !("ImageDecoder" in globalThis)) return "";
  return KINDS.find((kind) => MediaRecorder.isTypeSupported(kind)) ?? "";
}

/** mp4 or webm. */
export function extension(kind) {
  return kind.startsWith("video/mp4") ? "mp4" : "webm";
}

/**
 * The video of a GIF. It takes as long as the GIF lasts; `told` hears the share that is done, `signal` ends it.
 * @param {Blob} gif
 * @param {string} kind of kindOfVideo
 * @param {(share: number) => void} told
 * @param {AbortSignal} signal
 */
export async function record(gif, kind, told, signal) {
  const Decoder = /** @type {any} */ (globalThis).ImageDecoder;
  const decoder = new Decoder({ data: await gif.arrayBuffer(), type: "image/gif" });
  await decoder.tracks.ready;
  await decoder.completed;
  const count = decoder.tracks.selectedTrack.frameCount;
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const draw = async (k) => {
    const { image } = await decoder.decode({ frameIndex: k });
    if (!k) [canvas.width, canvas.height] = [image.displayWidth, image.displayHeight];
    pen.drawImage(image, 0, 0);
    const ms = image.duration / 1000;
    image.close();
    return ms;
  };
  await draw(0);
  const stream = canvas.captureStream(FRAMES_PER_SECOND);
  const recorder = new MediaRecorder(stream, { mimeType: kind, videoBitsPerSecond: BITS_PER_SECOND });
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const ended = new Promise((done) => (recorder.onstop = done));
  recorder.start();
  try {
    let due = performance.now();
    for (let k = 0; k < count; k++) {
      due += await draw(k);
      told((k + 1) / count);
      await pause(Math.max(0, due - performance.now()), signal);
    }
    await pause(LAST_MS, signal);
  } finally {
    recorder.stop();
    decoder.close();
    for (const track of stream.getTracks()) track.stop();
  }
  await ended;
  return new Blob(parts, { type: kind });
}
