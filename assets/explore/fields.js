// What the Explore page's address tells of all its tabs.
import { real, text, whole, word } from "../base/address.js";

export const FIELDS = {
  run: text(),
  tab: word(["explore", "draw", "quiz"]),
  step: text(), // of a snapshot; the server reads it
  seed: whole(0, 2 ** 31, 1, { always: true }),
  spread: real(0, 1, 0.45, { always: true }),
  psi: real(0, 1, 1),
  centre: word(["nearest", "mean"]), // what psi draws w to, of a generator with styles
  z: text(), // as base/latent.js writes it
  set: text(), // numbers of z that all neighbours share, "3.7"
  dirs: text(), // name_hundredths*name_hundredths
  pad: text(), // across*up
  class: whole(0, 2 ** 16, 0, { always: true }),
  words: text(), // a caption in the place of a class
  round: whole(0, 2 ** 31 - 1, NaN), // of the quiz
};
