// Which generator draws: the newest, a snapshot of the time slider, or the one that was frozen.
import { h, hide, number, say } from "../base/dom.js";
import { ask } from "../base/http.js";

export class SnapshotSlider {
  constructor(explorer) {
    this.explorer = explorer;
    this.time = h("input", { type: "range", min: 0, step: 1, "data-part": "time", "aria-label": "Training step" });
    this.text = h("output", { "data-part": "time-text", "aria-live": "off" });
    this.freeze = h(
      "button",
      { type: "button", class: "quiet", "data-part": "freeze", "aria-pressed": false },
      "Freeze",
    );
    this.freeze.title = "Hold the generator of this step while the run goes on";
    this.row = h(
      "label",
      { class: "explore-row" },
      h("span", { class: "explore-name" }, "Training step"),
      this.time,
      this.text,
    );
    this.only = h(
      "p",
      { class: "explore-missing" },
      "Only the last generator of this run was saved, so there is no way back in time.",
    );
    this.element = h("div", { class: "explore-moment" }, this.row, this.only);
    this.time.oninput = () => this.at(explorer.context.data.steps[this.time.value] ?? null);
    this.freeze.onclick = () => (explorer.context.step === null ? this.hold() : this.at(null));
  }

  at(step) {
    this.explorer.context.step = step;
    this.explorer.changed();
  }

  /** The generator on screen stays, or the newest snapshot of it where the server has only that. */
  async hold() {
    const { explorer } = this;
    const { context, answer } = explorer;
    if (!answer) return;
    const ok = await ask(`/api/models/${context.data.id}@${answer.step}/images?kind=z`, {
      body: explorer.latent.z(),
    }).then(
      () => true,
      () => false,
    );
    const kept = context.data.steps.filter((step) => step <= answer.step).at(-1);
    const step = ok ? answer.step : kept;
    if (step === undefined) return explorer.notice.tell("There is no snapshot yet that could be held.");
    this.at(step);
    if (!ok) explorer.notice.tell(`Held at step ${number(step)}, the latest snapshot that is kept.`);
  }

  fill() {
    const { context } = this.explorer;
    const { steps, linked, live } = context.data;
    hide(this.element, !linked);
    hide(this.row, !steps.length);
    hide(this.only, Boolean(steps.length) || live);
    const most = String(steps.length); // one past the last snapshot: the newest
    if (this.time.max !== most) this.time.max = most; // the same again would have the page laid out again
    const { step } = context;
    const last = steps.filter((kept) => step !== null && kept <= step).length - 1;
    const at = String(step === null ? steps.length : Math.max(0, last));
    if (this.time.value !== at) this.time.value = at;
    say(this.text, step === null ? "latest" : number(step));
    this.time.ariaValueText = step === null ? "latest" : `step ${number(step)}`;
    hide(this.freeze, !live);
    this.freeze.setAttribute("aria-pressed", String(step !== null));
    say(this.freeze, step === null ? "Freeze" : `Frozen at step ${number(step)}: resume`);
  }
}
