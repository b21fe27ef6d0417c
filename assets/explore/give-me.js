// "Give me a 3": samples are drawn until EvalNet reads the class that was asked for.
import { anySeed, drawVectors, pack, rounded } from "../base/latent.js";
import { h, percent } from "../base/dom.js";
import { ask } from "../base/http.js";
import { drawn, generators } from "../engine/page.js";

const SLICE = 16; // samples that are read at once, as many as the route takes
const SLICES = 20; // until it gives up
const SURE = 0.9; // share of EvalNet at which a sample is taken at once
const RATHER = 0.5; // at which the best one is taken in the end
const MOST = 12; // classes that have room

/** Chips, one a class. Hidden where samples have no classes, or too many. */
export class GiveMe {
  /**
   * @param {any} explorer
   * @param {string} lead "Give me a"
   * @param {(z: Float32Array) => void} given hears the sample that was found
   */
  constructor(explorer, lead, given) {
    this.explorer = explorer;
    this.given = given;
    this.chips = h("div", { class: "explore-chips", role: "group", "aria-label": lead });
    this.told = h("span", { class: "explore-told", role: "status" });
    this.element = h("div", { class: "explore-give" }, h("span", {}, lead), this.chips, this.told);
    this.known = null;
    this.asked = 0;
  }

  fill() {
    const { names, n_classes } = this.explorer.context.data;
    const known = names.join("\n");
    if (known === this.known) return;
    this.known = known;
    this.element.hidden = Boolean(n_classes) || !names.length || names.length > MOST; // else there is a select
    this.chips.replaceChildren(
      ...names.map((name, k) => {
        const chip = h("button", { type: "button", class: "base-now", "data-class": k }, name);
        chip.onclick = () => this.find(k);
        return chip;
      }),
    );
  }

  /** Looks for a sample of class k; a newer press ends the search before it. */
  async find(k) {
    const mine = ++this.asked;
    const name = this.explorer.context.data.names[k];
    const tell = (sentence) => this.asked === mine && (this.told.textContent = sentence);
    tell(`Looking for ${name} …`);
    try {
      const { best, share, seen, why } = await this.search(k, () => this.asked === mine && !this.explorer.gone);
      if (this.asked !== mine || this.explorer.gone) return;
      if (why) return tell(`Not available because ${why}.`);
      if (share < RATHER) return tell(`The classifier reads ${name} in none of ${seen} samples.`);
      tell(`The best of ${seen} samples; the classifier is ${percent(share)} sure.`);
      this.given(best);
    } catch (error) {
      tell(error.message);
    }
  }

  async search(k, wanted) {
    const { latent } = this.explorer;
    let [best, share] = [null, 0];
    for (let round = 1; round <= SLICES && wanted(); round++) {
      const vectors = drawVectors(anySeed(), SLICE, latent.z_dim).map((z) => rounded(latent.whole(z)));
      const { classes, names, why } = await this.read(vectors);
      if (!classes) return { best, share, seen: 0, why };
      const at = names.indexOf(this.explorer.context.data.names[k]);
      classes.forEach((shares, i) => {
        if (shares[at] > share) [best, share] = [vectors[i], shares[at]];
      });
      if (share >= SURE) return { best, share, seen: round * SLICE, why: "" };
    }
    return { best, share, seen: SLICES * SLICE, why: "" };
  }

  /** What EvalNet reads in the pictures of these vectors, here or at the server. */
  async read(vectors) {
    const { context, drawing, latent } = this.explorer;
    const answer = await drawn({ url: drawing.address("give"), body: pack(latent.truncated(vectors)) });
    const pixels = Uint8Array.from(answer.pixels);
    const question = { url: `/api/models/${context.model()}/reading?user=${context.user}-give`, body: pixels };
    return (await generators.draw(question)) ?? (await (await ask(question.url, { body: pixels, tries: 5 })).json());
  }
}
