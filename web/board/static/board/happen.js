// SPDX-License-Identifier: Apache-2.0
/** What can happen now: each verb with where it leads or what stops it, and the buttons of who may ask. */
import { AskButton } from "./asking.js";
import { el, keyed, put, say } from "./dom.js";
import { named } from "./words.js";

const BUTTONS = ["start", "stop", "rewind", "reset"];

function line() {
  const verb = el("dt");
  const verdict = el("b");
  const reason = el("span");
  return { node: el("div", {}, verb, el("dd", {}, verdict, " ", reason)), verb, verdict, reason };
}

export class Happen {
  #lines = new Map();
  #buttons = [];

  constructor(room) {
    this.heading = el("h2");
    this.list = el("dl", { class: "outlook" });
    this.note = el("p", { class: "note" });
    this.row = el("p", { class: "buttons" });
    this.node = el("div", {}, this.heading, this.list, this.row, this.note);
    if (!room.asking) return;
    this.#buttons = BUTTONS.filter(room.may).map((verb) => new AskButton(room, { verb, words: named(verb) }, this.note));
    this.row.append(...this.#buttons.map((button) => button.node));
    if (!room.may("emergency_stop")) return;
    this.stop = new AskButton(room, { verb: "emergency_stop", words: "Emergency stop", kind: "stop" }, this.note);
    this.row.append(this.stop.node);
  }

  update(hall, replayed) {
    say(this.heading, replayed ? "What could happen then" : "What can happen now");
    keyed(this.list, this.#lines, hall.can, (each) => each.verb, line, (view, each) => this.#line(view, each, hall));
    for (const button of this.#buttons) {
      const outlook = hall.can.find((each) => each.verb === button.verb);
      button.update(hall, [], outlook?.can_fire ? "" : (outlook?.reason ?? ""));
      button.node.disabled = replayed; // the past takes no requests; an emergency stop is always of now
    }
    this.stop?.update(hall);
  }

  #line(view, { verb, can_fire: can, dest, reason }, hall) {
    put(view.node, "data-can", can);
    say(view.verb, named(verb).toLowerCase());
    say(view.verdict, can ? "can happen" : "blocked");
    const leads = dest === hall.state ? `stays in ${dest}` : `→ ${dest}`;
    say(view.reason, can ? leads : reason);
  }
}
