// SPDX-License-Identifier: Apache-2.0
/** A control session in one line: role, word, round trip, a ring that empties as its key ages, the age. */
import { el, keyed, put, say, svg } from "./dom.js";
import { roughly, span, trip } from "./words.js";

const SHAPE = {
  up: "up",
  rotating: "up",
  connecting: "busy",
  draining: "busy",
  down: "down",
  backing_off: "bad",
  refused: "bad",
};

class SessionLine {
  constructor() {
    this.mark = el("i", { class: "mark", "aria-hidden": "true" });
    this.role = el("b");
    this.word = el("span", { class: "word" });
    this.trip = el("span", { class: "trip" });
    this.ring = svg("circle", { class: "full", r: 7, pathLength: 100 });
    const ring = svg("svg", { class: "ring", viewBox: "-9 -9 18 18", "aria-hidden": "true" }, svg("circle", { r: 7 }), this.ring);
    this.age = el("span", { class: "age", "aria-hidden": "true" });
    this.ageWords = el("span", { class: "unseen" });
    this.node = el("li", {}, this.mark, this.role, this.word, this.trip, ring, this.age, this.ageWords);
  }

  update(session, now) {
    put(this.node, "data-shape", SHAPE[session.state] ?? "down");
    say(this.role, session.role);
    say(this.word, session.word);
    put(this.word, "title", session.error?.words ?? null);
    say(this.trip, trip(session.round_trip_us));
    this.tick(session, now);
  }

  tick({ minted_ms: minted, rotate_ms: rotate, expires_ms: expires, state }, now) {
    const hasKey = minted && state !== "down";
    const ends = rotate ?? expires;
    const left = hasKey && ends > minted ? Math.min(Math.max((ends - now) / (ends - minted), 0), 1) : 0;
    put(this.ring, "stroke-dasharray", `${Math.round(100 * left)} 100`);
    say(this.age, hasKey ? span(now - minted) : "no key");
    say(this.ageWords, hasKey ? `, key made ${roughly(now - minted)} ago` : ", no key");
  }
}

export class Sessions {
  #lines = new Map();

  constructor() {
    this.node = el("ul", { class: "sessions", "aria-label": "Sessions" });
  }

  update(sessions, now) {
    this.sessions = sessions;
    keyed(this.node, this.#lines, sessions, (each) => each.role, () => new SessionLine(), (line, each) => line.update(each, now));
  }

  tick(now) {
    for (const session of this.sessions ?? []) this.#lines.get(session.role).tick(session, now);
  }
}
