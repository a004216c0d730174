// SPDX-License-Identifier: Apache-2.0
/** The form that plans a roll-out. Nothing begins by it: its page has the buttons for that. */
import { el, keyed, say } from "../board/dom.js";
import { sentence } from "../board/words.js";

const minutes = (text) => {
  const [hours, rest] = text.split(":").map(Number);
  return hours * 60 + rest;
};

export class PlanForm {
  #choices = new Map();

  constructor(room) {
    this.room = room;
    const field = (words, input, hint = "", kind = null) => el("label", { class: kind }, words, input, hint && el("small", {}, hint));
    const count = (name, value, least) => el("input", { type: "number", name, value, min: least, max: 1000, required: true, inputmode: "numeric" });
    this.release = el("select", { name: "release", required: true });
    this.servers = el("input", { name: "servers", autocomplete: "off", spellcheck: "false" });
    this.canaries = count("canaries", 1, 0);
    this.batch = count("batch", 10, 1);
    this.failures = count("failures", 0, 0);
    this.opens = el("input", { type: "time", name: "opens" });
    this.closes = el("input", { type: "time", name: "closes" });
    this.button = el("button", {}, "Plan it");
    this.note = el("p", { class: "note wideone", role: "alert" });
    this.node = el("form", {},
      field("Release", this.release),
      field("Servers", this.servers, "By commas, in their order; none: all that serve a hall."),
      field("Canaries", this.canaries),
      field("At a time", this.batch),
      field("May fail", this.failures),
      field("From", this.opens, "None: at any hour."),
      field("To", this.closes),
      el("div", {}, this.button),
      this.note,
    );
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#plan();
    });
  }

  update(releases) {
    const good = releases.filter((release) => release.withdrawn_ms === null);
    const make = ({ sha256, id, kernel }) => ({ node: el("option", { value: sha256 }, `${id} for ${kernel}`) });
    keyed(this.release, this.#choices, good, ({ sha256 }) => sha256, make, () => {});
    this.button.disabled = !good.length;
  }

  async #plan() {
    say(this.note, "");
    if (Boolean(this.opens.value) !== Boolean(this.closes.value)) {
      say(this.note, "Give both hours, or none.");
      return;
    }
    const window = this.opens.value ? { opens_min: minutes(this.opens.value), closes_min: minutes(this.closes.value) } : null;
    try {
      const made = await this.room.feed.post("/rollouts", {
        release: this.release.value,
        servers: this.servers.value.split(",").map((name) => name.trim()).filter(Boolean),
        canaries: Number(this.canaries.value),
        batch: Number(this.batch.value),
        failures_allowed: Number(this.failures.value),
        window,
      });
      location.assign(`/deployments/${encodeURIComponent(made.id)}`);
    } catch (refused) {
      say(this.note, sentence(refused.message));
    }
  }
}
