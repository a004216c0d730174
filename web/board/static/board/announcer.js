// SPDX-License-Identifier: Apache-2.0
/** What a screen reader hears: one polite region for everything, an assertive one only for a new fault. */
import { el } from "./dom.js";
import { sentence } from "./words.js";

const KEPT = 5;

export class Announcer {
  #states = null; // hall id: state, once the first was heard
  #truth = null;

  constructor() {
    this.calm = el("div", { role: "log", "aria-live": "polite", "aria-label": "What happened" });
    this.urgent = el("div", { role: "alert" });
    this.node = el("div", { class: "unseen" }, this.calm, this.urgent);
  }

  polite(text) {
    this.calm.append(el("p", {}, text));
    while (this.calm.children.length > KEPT) this.calm.firstChild.remove();
  }

  /** Tell what changed between two looks at the halls. */
  hear(halls, wordsOf) {
    const before = this.#states;
    this.#states = new Map(halls.map((hall) => [hall.id, hall.state]));
    if (!before) return;
    for (const hall of halls) {
      if (before.get(hall.id) === hall.state) continue;
      const text = `${hall.name}: ${sentence(hall.state === "fault" ? hall.label : wordsOf(hall))}`;
      if (hall.state === "fault") this.urgent.replaceChildren(el("p", {}, text));
      else this.polite(text);
    }
  }

  truth(kind, words) {
    if (this.#truth !== null && this.#truth !== kind) this.polite(words);
    this.#truth = kind;
  }
}
