// SPDX-License-Identifier: Apache-2.0
/** A server in a roll-out: its word, its bar, what it does or why it ended so, and the way to all its steps. */
import { el, put, say } from "../board/dom.js";
import { large, sentence } from "../board/words.js";

const TONES = { waiting: "", working: "busy", committed: "good", rolled_back: "bad", failed: "bad" };

/** rolled_back: Rolled back */
export const placed = (name) => large(name.replaceAll("_", " "));

/** The colour's meaning. */
export const toneOf = (place) => TONES[place] ?? "";

/** Where a deployment's page is. */
export const hrefOf = (id) => `/deployments/${id.split(".").map(encodeURIComponent).join("/")}`;

/** A bar from 0 to 100. */
export function bar(label) {
  const fill = el("i");
  const node = el("div", { class: "bar", role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  return {
    node,
    update(value) {
      put(node, "aria-valuenow", value);
      fill.style.setProperty("--run", value / 100);
    },
  };
}

export class ServerCard {
  constructor({ server }) {
    this.link = el("a", {}, server);
    this.name = el("h4", {}, server);
    this.state = el("span", { class: "state" });
    this.bar = bar(`${server}: way to the release`);
    this.halls = el("p");
    this.words = el("p", { class: "words" });
    this.node = el("article", { class: "server", "aria-label": server },
      el("header", {}, this.name, this.state), this.bar.node, this.words, this.halls);
  }

  update(server) {
    const { deployment, place, halls, attempt, reason } = server;
    put(this.node, "data-place", place);
    put(this.node, "data-tone", toneOf(place));
    const paused = deployment?.paused && place === "working" ? ", paused" : "";
    say(this.state, placed(place === "working" && deployment ? deployment.state : place) + paused);
    this.bar.update(deployment?.progress ?? 0);
    const words = deployment ? deployment.words : reason;
    say(this.words, sentence(words || (place === "waiting" ? "its turn has not come" : "")));
    const tries = attempt > 1 ? ` · attempt ${attempt}` : "";
    say(this.halls, `${halls.length === 1 ? "Hall" : "Halls"} ${halls.join(", ")}${tries}`);
    this.#link(deployment);
  }

  #link(deployment) {
    if (!deployment || this.link.parentNode) return deployment && put(this.link, "href", hrefOf(deployment.id));
    put(this.link, "href", hrefOf(deployment.id));
    this.name.replaceChildren(this.link);
  }
}
