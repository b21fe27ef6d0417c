// What a chart of curves can show, and what to conclude from each.

/**
 * What can be shown. `axes` stand above each other, `ideal` is what real images would score; `lines` are
 * [column, name, colour, axis if not the first]; `checks`: only checkups have values; `note` says what
 * to conclude.
 */
export const PANELS = [
  {
    id: "losses",
    label: "Losses",
    axes: [{ title: "loss" }],
    lines: [["d_loss", "D", "d"], ["g_loss", "G", "g"]],
    note:
      "GAN losses are not a quality score: each is measured against an opponent that also learns. " +
      "Look for balance, not for zero.",
  },
  {
    id: "scores",
    label: "D(x), D(G(z))",
    axes: [{ title: "probability of “real”", range: [-0.02, 1.02] }],
    lines: [["d_real", "real: D(x)", "real"], ["d_fake", "generated: D(G(z))", "fake"]],
    note:
      "How real D thinks real and generated images are. Both near 0.5: it can hardly tell them " +
      "apart. One at 1, the other at 0: D wins and G learns little.",
  },
  {
    id: "quality",
    label: "Quality",
    checks: true,
    axes: [{ title: distance, ideal: 0 }, { title: "diversity", ideal: 1, rangemode: "tozero" }],
    lines: [["fd", "FD", "fake"], ["diversity", "diversity", "fake", 1]],
    note:
      "FD: how far the generated images are from real ones; lower is better. Diversity: 1 is as " +
      "varied as the real ones, near 0 all look alike. Dashed: what real images would score.",
  },
  {
    id: "classes",
    label: "Classes",
    checks: true,
    axes: [{ title: "classes", rangemode: "tozero" }],
    lines: [["classes", "there", "fake"], ["effective_classes", "effective", "ink"]],
    note:
      "Of the classes, how many make up 1 % of the samples or more; and how many there would be if all " +
      "that are drawn were drawn equally often. A fall is a collapse.",
  },
  {
    id: "gradients",
    label: "Gradients",
    axes: [{ title: "gradient norm", type: "log" }],
    lines: [["grad_norm_d", "D", "d"], ["grad_norm_g", "G", "g"]],
    note:
      "How hard each network is being pushed (logarithmic). Steady is healthy; a norm that vanishes " +
      "or explodes announces trouble.",
  },
  {
    id: "speed",
    label: "Speed",
    axes: [{ title: "images per second", rangemode: "tozero" }],
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

/** Whether a feed has something that a panel can show. */
export function has(feed, { checks, lines }) {
  return !checks || lines.some(([column]) => feed.columns[column]?.some((value) => value !== null));
}

/** The Fréchet distance by the name of what it looks at: a different number for each. */
function distance(feeds) {
  const names = feeds.map((feed) => (feed.check("shares") ? "FD-EvalNet64" : "FD-PCA64"));
  return new Set(names).size === 1 ? names[0] : "FD";
}
