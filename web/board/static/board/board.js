// SPDX-License-Identifier: Apache-2.0
/** All halls of a site, as cards. */
import { open, roots, stateWords } from "./alarms.js";
import { Announcer } from "./announcer.js";
import { Card } from "./card.js";
import { el, keyed, put, say } from "./dom.js";
import { feedOf } from "./feed.js";
import { sheet } from "./sheet.js";
import { dayTime, several } from "./words.js";

/**
 * `<hall-board src="/api/v1">`. Attributes: `stream` (where the events come from, when not `src`/stream),
 * `ticket-url` (answers a POST with a stream ticket; or set the property `ticket`, an async function), `graph-url` (the
 * diagram's JSON, when not beside the rest), `csrf`,
 * `scope` (operate or admin: with buttons), `verbs` (which of them have one), `confirm` (ask again before each),
 * `hall-href` (address of a hall's page, `{id}` in it), `wall` (no controls), `halls` (ids, by spaces: only these),
 * `compact` (words alone), `troubled` (only halls that wait for a person), `quiet` (no sound of its own).
 */
export class HallBoard extends HTMLElement {
  #cards = new Map();
  #graph = null;

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    this.sound?.start();
    this.feed.join(this);
  }

  disconnectedCallback() {
    this.sound?.stop();
    this.feed.leave(this);
  }

  #build() {
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    this.feed = feedOf(this);
    this.announcer = new Announcer();
    const wall = this.hasAttribute("wall");
    const href = this.getAttribute("hall-href");
    this.room = {
      ...roomOf(this, this.feed, this.announcer),
      compact: this.hasAttribute("compact"),
      href: (id) => (href && !wall ? href.replace("{id}", encodeURIComponent(id)) : null),
    };
    this.name = el("h1");
    this.facts = el("p", { class: "facts" });
    this.counts = el("p", { class: "facts" });
    this.truth = el("p", { class: "truth" });
    const header = el("div", { class: "top" }, this.name, this.facts, this.counts);
    header.append(this.truth);
    if (!wall && !this.hasAttribute("quiet")) this.#voice();
    this.grid = el("div", { class: "halls" });
    root.append(header, this.grid, this.announcer.node);
  }

  /** A board that never sounds never loads how. */
  async #voice() {
    const button = el("button", { type: "button", class: "sound" });
    this.truth.before(button);
    const { AlarmSound } = await import("./alarm-sound.js");
    this.sound = new AlarmSound(button);
    if (this.isConnected) this.sound.start();
  }

  onHello() {
    this.#deal();
    const [first] = this.feed.halls.keys();
    if (!this.#graph && first && !this.room.compact) this.#load(first);
  }

  /** The halls that this board is about. */
  get #mine() {
    const halls = [...this.feed.halls.values()];
    const wanted = this.getAttribute("halls")?.match(/\w+/g);
    return wanted ? halls.filter((hall) => wanted.includes(hall.id)) : halls;
  }

  /** One card for each hall that is to be seen now. */
  #deal() {
    const troubled = this.hasAttribute("troubled");
    const seen = troubled ? this.#mine.filter(needsSomebody) : this.#mine;
    const make = (hall) => new Card(this.room, hall.id);
    keyed(this.grid, this.#cards, seen, (hall) => hall.id, make, (card) => this.#draw(card));
    this.grid.style.setProperty("--halls", seen.length); // two halls do not fill a wall
  }

  /** Every hall is drawn alike: one graph is the picture of all. A board without it shows all the rest. */
  async #load(id) {
    try {
      this.#graph = await this.feed.graph(id);
    } catch {
      return; // asked for again after the next hello
    }
    for (const card of this.#cards.values()) this.#draw(card);
  }

  #draw(card) {
    if (this.#graph && !card.diagram) card.draw(this.#graph);
  }

  onHalls(ids) {
    const halls = this.#mine;
    if (this.hasAttribute("troubled")) this.#deal();
    for (const id of ids) this.#cards.get(id)?.update();
    this.announcer.hear(halls, stateWords);
    this.sound?.hear(
      halls.flatMap((hall) => roots(hall).filter((each) => each.state === "unacknowledged").map((each) => `${hall.id} ${each.name} ${each.since_ms}`)),
    );
    this.onTick();
  }

  onTick() {
    for (const card of this.#cards.values()) card.tick();
    const { site } = this.feed;
    const truth = this.feed.truth();
    showTruth(this.truth, truth, this.announcer);
    put(this, "data-truth", truth.kind);
    if (truth.kind === "ended") this.dispatchEvent(new Event("signed-out", { bubbles: true, composed: true }));
    if (!site) return;
    const all = this.#mine;
    say(this.name, site.name);
    say(this.facts, `${several(all.length, "hall")} · ${dayTime(this.feed.now(), site.zone)}`);
    const faults = all.filter((hall) => hall.state === "fault").length;
    const alarms = all.flatMap((hall) => roots(hall).filter(open)).length;
    say(this.counts, [faults && several(faults, "fault"), alarms && several(alarms, "open alarm")].filter(Boolean).join(" · ") || "all in order");
    put(this.counts, "data-bad", faults > 0);
  }
}

/** Whether a hall waits for a person. */
const needsSomebody = (hall) => hall.state === "fault" || roots(hall).some(open);

/** What the parts of a component share, from its attributes. */
export function roomOf(element, feed, announcer) {
  const verbs = element.getAttribute("verbs");
  const asks = !element.hasAttribute("wall") && ["operate", "admin"].includes(element.getAttribute("scope"));
  return {
    feed,
    asking: asks ? import("./asking.js") : null, // who only looks never loads it
    may: (verb) => (verbs ? verbs.split(" ").includes(verb) : verb !== "shelve"),
    confirm: element.hasAttribute("confirm"),
    announce: (text) => announcer.polite(text),
  };
}

/** Say how true what is shown is; a screen reader hears it when it changes, not each second. */
export function showTruth(node, truth, announcer) {
  say(node, truth.why ? `${truth.words} (${truth.why})` : truth.words);
  put(node, "data-kind", truth.kind);
  if (truth.kind !== "waiting") announcer.truth(truth.kind, truth.words);
}
