// A generator of points: the plane of z as a net, and the same net as the generator bends it, over the real points.
import { colours, drawNet, inkOf } from "../base/canvas.js";
import { h } from "../base/dom.js";
import { address } from "../base/root.js";
import { net } from "../base/latent.js";
import { onDrag } from "../base/pointer.js";
import { REACH } from "./latent-state.js";

const SIDE = 15; // of the net
const EDGE = 3.2; // what the plane of z shows
const VIEW = 1.1; // what a picture of points shows

export class Points {
  constructor(explorer) {
    this.explorer = explorer;
    this.made = h("canvas", { role: "img", "data-part": "many", "aria-label": "Where the generator puts z" });
    const words = "G(z): the same net, bent by the generator, over the real points";
    this.element = h("figure", { class: "explore-many" }, this.made, h("figcaption", {}, words));
    explorer.one.ariaLabel = "The plane of z, with a dot to drag";
    explorer.one.parentElement.after(h("figcaption", {}, "Noise z: drag the dot"));
    inkOf(address(`/api/runs/${explorer.context.data.id}/real.webp`)).then((ink) => this.lay(ink));
    onDrag(explorer.one, (x, y) => {
      explorer.set(0, (2 * x - 1) * EDGE);
      if (explorer.latent.z_dim > 1) explorer.set(1, (1 - 2 * y) * EDGE);
    });
  }

  /** The z of the net's corners. */
  net(z) {
    return net(z, SIDE, REACH);
  }

  /** The real points come to lie under the net. */
  lay(ink) {
    this.real = ink;
    if (this.last) this.paint(...this.last);
  }

  paint(answer, z) {
    this.last = [answer, z];
    const flat = this.net(z);
    const weights = flat.map(([x, y = 0]) => Math.exp(-(x * x + y * y) / 2));
    const [dot, ...made] = [z, ...flat].map((_, k) => [0, 1].map((i) => answer.pixels[2 * k + i] / 127.5 - 1));
    const both = { weights, side: SIDE, palette: colours(this.made) };
    drawNet(this.explorer.one, { ...both, points: flat, dot: z, reach: EDGE });
    drawNet(this.made, { ...both, points: made, dot, reach: VIEW, under: this.real });
  }
}
