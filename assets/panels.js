// What a chart of curves can show, and what to conclude from each.

/** What can be shown: `lines` are [column, name, colour]; `note` says what to conclude. */
export const PANELS = [
  {
    id: "losses",
    label: "Losses",
    axis: "loss",
    lines: [["d_loss", "D", "d"], ["g_loss", "G", "g"]],
    note:
      "GAN losses are not a quality score: each is measured against an opponent that also learns. " +
      "Look for balance, not for zero.",
  },
  {
    id: "scores",
    label: "D(x), D(G(z))",
    axis: "probability of “real”",
    range: [0, 1],
    lines: [["d_real", "real: D(x)", "real"], ["d_fake", "generated: D(G(z))", "fake"]],
    note:
      "How real D thinks real and generated images are. Both near 0.5: it can hardly tell them " +
      "apart. One at 1, the other at 0: D wins and G learns little.",
  },
  {
    id: "gradients",
    label: "Gradients",
    axis: "gradient norm",
    log: true,
    lines: [["grad_norm_d", "D", "d"], ["grad_norm_g", "G", "g"]],
    note:
      "How hard each network is being pushed (logarithmic). Steady is healthy; a norm that vanishes " +
      "or explodes announces trouble.",
  },
  {
    id: "speed",
    label: "Speed",
    axis: "images per second",
    zero: true,
    lines: [["images_per_second", "images/s", "ink"]],
    note: "Real images that D learned from per second of training, drawing and saving included.",
  },
];

/** What can be along the bottom. */
export const ALONG = {
  step: "step",
  seconds: "seconds of training",
  images: "images seen",
  epoch: "epoch",
};
