// What a chart of curves can show, and what to conclude from each.

/**
 * @typedef {[column: string, name: string, colour: string, axis?: number]} Line
 * @typedef {object} Axis
 * @property {string | ((feeds: any[]) => string)} title
 * @property {number} [ideal]
 * @property {string} [type]
 * @property {number[]} [range]
 * @property {string} [rangemode]
 * @typedef {object} Shown
 * @property {Axis[]} axes
 * @property {Line[]} lines
 * @typedef {object} Panel
 * @property {string} id
 * @property {string} label
 * @property {boolean} [checks]
 * @property {boolean} [sometimes]
 * @property {(feed: any) => boolean} [suits]
 * @property {Axis[]} [axes]
 * @property {Line[]} [lines]
 * @property {(feeds: any[]) => Shown} [shown] in place of axes and lines
 * @property {string} note
 * @property {boolean} [scale]
 */

/**
 * What can be shown. `axes` stand above each other, `ideal` is what real images would score; `lines` are
 * [column, name, colour, axis if not the first]; `checks`: only checkups have values; `sometimes`: not every run has them; `suits` tells runs whose
 * numbers are of another kind; `note` says what to conclude, followed, with `scale`, by what the loss makes of D's
 * answer.
 * @type {Panel[]}
 */
export const PANELS = [
  {
    id: "losses",
    label: "Losses",
    axes: [{ title: "loss" }],
    lines: [
      ["d_loss", "D", "d"],
      ["g_loss", "G", "g"],
    ],
    note:
      "GAN losses are not a quality score: each is measured against an opponent that also learns. " +
      "Look for balance, not for zero.",
  },
  {
    id: "scores",
    label: "D(x), D(G(z))",
    suits: isProbability,
    scale: true,
    axes: [{ title: "probability of “real”", range: [-0.02, 1.02] }],
    lines: [
      ["d_real", "real: D(x)", "real"],
      ["d_fake", "generated: D(G(z))", "fake"],
    ],
    note:
      "How real D thinks real and generated images are. Both near 0.5: it can hardly tell them " +
      "apart. One at 1, the other at 0: D wins and G learns little.",
  },
  {
    id: "order",
    label: "Told apart",
    suits: (feed) => !isProbability(feed),
    scale: true,
    axes: [{ title: "real below generated", ideal: 0.5, rangemode: "tozero" }, { title: "D's logit" }],
    lines: [
      ["real_below_fake", "real below generated", "d"],
      ["logit_real", "real", "real", 1],
      ["logit_fake", "generated", "fake", 1],
    ],
    note:
      "The share of real images that D scores lower than a generated one: at 0 it tells all of them apart, at 0.5 " +
      "it cannot tell. Below: what it scores both, on average.",
  },
  {
    id: "estimate",
    label: "Critic's estimate",
    sometimes: true,
    axes: [{ title: "real minus generated", ideal: 0 }],
    lines: [["estimate", "estimate", "d"]],
    note:
      "The critic's mean score of real images less that of generated ones: its estimate of how far apart both are, " +
      "on a scale of its own. It falls as the pictures get better, as long as the critic keeps up.",
  },
  {
    id: "quality",
    label: "Quality",
    checks: true,
    axes: [
      { title: distance, ideal: 0 },
      { title: "diversity", ideal: 1, rangemode: "tozero" },
    ],
    lines: [
      ["fd", "FD", "fake"],
      ["diversity", "diversity", "fake", 1],
    ],
    note:
      "FD: how far the generated images are from real ones; lower is better. Diversity: 1 is as " +
      "varied as the real ones, near 0 all look alike. Dashed: what real images would score.",
  },
  {
    id: "truth",
    label: "Beside the truth",
    checks: true,
    axes: [
      { title: "pixel error", ideal: 0 },
      { title: "ink", ideal: 1 },
    ],
    lines: [
      ["pixel_error", "result", "fake"],
      ["source_error", "source", "ink"],
      ["moved", "result to source", "g"],
      ["ink", "ink", "real", 1],
    ],
    note:
      "Of held-out sources: how far results, and the sources themselves, are from the true pictures, and how far a " +
      "result has moved from its source; a result that has not moved is an identity. Ink: 1 is as much as in the truth.",
  },
  {
    id: "said",
    label: "As the words say",
    checks: true,
    axes: [
      { title: "share as asked for", rangemode: "tozero", ideal: 1 },
      { title: "spread of one caption", rangemode: "tozero", ideal: 1 },
    ],
    lines: [
      ["said_digit", "digit", "fake"],
      ["said_thickness", "thickness", "d"],
      ["said_slant", "slant", "g"],
      ["said_place", "place", "ink"],
      ["said_spread", "spread", "real", 1],
    ],
    note:
      "Of captions that no training picture has: the share of pictures that are as the words say. Spread: how much " +
      "pictures of one caption differ, 1 is as much as real ones; near 0 G ignores its noise.",
  },
  {
    id: "cycle",
    label: "There and back",
    checks: true,
    axes: [
      { title: "pixel error", ideal: 0 },
      { title: "share", ideal: 1 },
    ],
    lines: [
      ["cycle_error", "there and back", "g"],
      ["strangers", "two different ones", "ink"],
      ["domain", "of the wanted kind", "fake", 1],
      ["domain_real", "real ones, judged alike", "real", 1],
    ],
    note:
      "Of held-out pictures: how far what went there and back is from what it was, beside how far two different ones " +
      "are apart; and how many results a simple judge takes for the wanted kind. Both have to be right: a translator " +
      "that does nothing comes back perfectly.",
  },
  {
    id: "classes",
    label: "Classes",
    checks: true,
    axes: [{ title: "classes", rangemode: "tozero" }],
    lines: [
      ["classes", "present", "fake"],
      ["effective_classes", "effective", "ink"],
    ],
    note:
      "Of the classes, how many make up 1 % of the samples or more; and how many there would be if all " +
      "that are drawn were drawn equally often. A drop means collapse.",
  },
  {
    id: "modes",
    label: "Modes",
    checks: true,
    axes: [{ title: "different numbers", rangemode: "tozero" }],
    lines: [
      ["modes", "read", "fake"],
      ["modes_sure", "read for certain", "ink"],
      ["modes_real", "in real images", "real"],
    ],
    note:
      "Stacked digits write a number from 000 to 999: how many different ones are among these samples. A G that " +
      "has collapsed makes a handful. What cannot be read counts as some number, too, so look at the sure ones.",
  },
  {
    id: "labels",
    label: "Labels",
    axes: [
      { title: "label accuracy", rangemode: "tozero", ideal: 1 },
      { title: "D's class loss", rangemode: "tozero" },
    ],
    lines: [
      ["label_accuracy", "read as asked for", "fake"],
      ["class_loss_real", "real", "real", 1],
      ["class_loss_fake", "generated", "fake", 1],
    ],
    checks: true,
    note:
      "Of the images that G was asked for by class, the share that EvalNet reads as that class: 0.1 is chance with " +
      "ten of them. Where D has a class head, below: how wrong it reads the classes of real and generated images.",
  },
  {
    id: "gradients",
    label: "Gradients",
    axes: [{ title: "gradient norm", type: "log" }],
    lines: [
      ["grad_norm_d", "D", "d"],
      ["grad_norm_g", "G", "g"],
    ],
    note:
      "How hard each network is being pushed (logarithmic). Steady is healthy; a norm that vanishes " +
      "or explodes announces trouble.",
  },
  {
    id: "penalty",
    label: "Penalty",
    sometimes: true,
    axes: [{ title: "penalty of D", type: "log" }],
    lines: [["d_penalty", "D", "d"]],
    note:
      "What D pays for how steep it is, each penalty times its weight (logarithmic). It should settle; one that keeps " +
      "rising has taken over.",
  },
  {
    id: "speed",
    label: "Speed",
    axes: [{ title: "images per second", rangemode: "tozero" }],
    lines: [["images_per_second", "images/s", "ink"]],
    note: "Real images that D learned from per second of training, drawing and saving included.",
  },
  {
    id: "others",
    label: "Other",
    shown: others,
    note: "What else the updates of this game return, averaged over the steps between two records.",
  },
];

const NAMED = new Set(PANELS.flatMap(({ lines = [] }) => lines.map(([column]) => column)));
const MOST_AXES = 4; // above each other; more lines share one
const COLOURS = 8; // of runs in tokens.css

/** What can be along the bottom. */
export const ALONG = {
  step: "step",
  seconds: "seconds of training",
  images: "images seen",
  epoch: "epoch",
};

/**
 * Whether a feed has something that a panel can show. Before the first record it may still come.
 * @param {{columns: Record<string, (number | null)[]>, about?: import("./run-feed.js").About}} feed
 * @param {Panel} panel
 */
export function has(feed, panel) {
  if (panel.suits && !panel.suits(feed)) return false;
  if (!panel.checks && !panel.sometimes && !panel.shown && !Object.keys(feed.columns).length) return true;
  return resolved(panel, [feed]).lines.some(([column]) => valued(feed, column));
}

/**
 * A panel as it is for these feeds: its axes, its lines, and all that is to be said.
 * @param {Panel} panel
 * @param {any[]} feeds
 */
export function resolved(panel, feeds) {
  const { axes = [], lines = [] } = panel.shown?.(feeds) ?? panel;
  const notes = panel.scale ? feeds.map(({ about }) => about?.d?.note) : [];
  const note = [panel.note, ...new Set(notes)].filter(Boolean).join(" ");
  return { ...panel, axes, lines, note };
}

function valued(feed, column) {
  return Boolean(feed.columns[column]?.some((value) => value !== null));
}

/** Whether D's logits of a run have a probability; they have one unless its loss says otherwise. */
function isProbability({ about }) {
  return about?.d?.probability ?? true;
}

/**
 * The statistics that no panel names, each with an axis of its own while there are few.
 * @param {any[]} feeds
 * @returns {Shown}
 */
function others(feeds) {
  const found = new Map();
  for (const feed of feeds)
    for (const [column, name] of Object.entries(feed.about?.statistics ?? {}))
      if (!NAMED.has(column) && valued(feed, column)) found.set(column, name);
  const apart = found.size <= MOST_AXES;
  const names = [...found.values()];
  return {
    axes: apart && names.length ? names.map((title) => ({ title })) : [{ title: "value" }],
    lines: [...found].map(([column, name], k) => [column, name, `run-${1 + (k % COLOURS)}`, apart ? k : 0]),
  };
}

/** The Fréchet distance by the name of what it looks at: a different number for each. */
function distance(feeds) {
  const names = feeds.map((feed) => (feed.check("shares") ? "FD-EvalNet64" : "FD-PCA64"));
  return new Set(names).size === 1 ? names[0] : "FD";
}
