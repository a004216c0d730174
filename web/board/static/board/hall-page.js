// SPDX-License-Identifier: Apache-2.0
/** <hall-page>: one hall, whole. Its own entry, so that the board stays small. */
import { Alarms, since, stateWords } from "./alarms.js";
import { Announcer } from "./announcer.js";
import { roomOf, showTruth } from "./board.js";
import { Diagram, usual } from "./diagram.js";
import { el, put, say } from "./dom.js";
import { EventList } from "./events.js";
import { feedOf } from "./feed.js";
import { filmLine, FilmPath } from "./film-path.js";
import { hallSheet } from "./hall-sheet.js";
import { Happen } from "./happen.js";
import { Lanes } from "./lanes.js";
import { Sessions } from "./sessions.js";
import { sheet } from "./sheet.js";
import { large, sentence, span, time } from "./words.js";
import { nextWords } from "./card.js";

const panel = (name, ...children) => el("section", { class: `panel ${name}` }, ...children);

/** `<hall-page hall="h1" src="/api/v1">`; the other attributes are those of `<hall-board>`, and `site-href`. */
export class HallPage extends HTMLElement {
  #replayed = null; // the hall as of a past instant, while one is looked at

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    this.feed.join(this);
  }

  disconnectedCallback() {
    this.feed.leave(this);
  }

  get hallId() {
    return this.getAttribute("hall");
  }

  /** What is shown: the hall as it is, or as it was. */
  get hall() {
    return this.#replayed ?? this.feed.halls.get(this.hallId);
  }

  #build() {
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet, hallSheet];
    this.feed = feedOf(this, this.hallId);
    this.announcer = new Announcer();
    const room = roomOf(this, this.feed, this.announcer);
    this.#header();
    this.path = new FilmPath();
    this.pathTitle = el("h2");
    this.happen = new Happen(room);
    this.happen.stop?.update({ id: this.hallId, name: this.hallId }); // an emergency stop waits for nothing to be read
    this.stateTitle = el("h2");
    this.usual = el("p", { class: "since" });
    this.place = el("div", { class: "place" });
    this.deadline = el("p", { class: "next" });
    this.sessions = new Sessions();
    this.alarms = new Alarms(room);
    this.next = el("p", { class: "next" });
    this.lanes = new Lanes(this.feed, this.hallId, (hall) => this.#replay(hall));
    this.events = new EventList(this.feed, this.hallId);
    this.body = el(
      "div",
      { class: "hall" },
      panel("film-panel", this.pathTitle, this.path.node, this.next),
      panel("can", this.happen.node),
      panel("drawn", this.stateTitle, this.usual, this.deadline, this.place, this.sessions.node),
      panel("past", this.lanes.node),
      panel("events", el("h2", {}, "Events"), this.events.node),
    );
    this.shadowRoot.append(this.header, this.old, this.alarms.node, this.body, this.announcer.node);
  }

  #header() {
    this.site = el("a", { href: this.getAttribute("site-href") || "/" });
    this.name = el("span");
    this.film = el("p", { class: "facts" });
    this.word = el("strong");
    this.truth = el("p", { class: "truth" });
    const heading = el("h1", {}, this.site, " › ", this.name);
    this.header = el("div", { class: "top" }, heading, this.film, el("p", { class: "word" }, this.word), this.truth);
    this.old = el("p", { class: "old", hidden: true });
  }

  async onHello(again) {
    if (again) {
      this.events.read();
      this.lanes.read();
    }
    if (this.diagram || !this.hall) return;
    try {
      this.graph = await this.feed.graph(this.hallId);
    } catch {
      return; // asked for again after the next hello
    }
    this.diagram = new Diagram(this.graph, (move) => this.#explain(move));
    this.place.replaceChildren(this.diagram.node);
    this.#draw();
  }

  /** What a reader is told of a move: what makes it, and whether it can happen now. */
  #explain({ source, dest, triggers }) {
    const meanings = triggers.map((trigger) => {
      const edge = this.graph.edges.find((each) => each.trigger === trigger && each.source === source);
      const asked = this.hall.can.find((each) => each.trigger === trigger);
      const blocked = this.hall.state === source && asked && !asked.can_fire ? ` (blocked: ${asked.reason})` : "";
      return (edge?.meaning ?? trigger) + blocked;
    });
    return `${large(source)} to ${dest}: ${meanings.join("; or ")}`;
  }

  onHalls(ids) {
    if (!ids.includes(this.hallId)) return;
    this.announcer.hear([this.feed.halls.get(this.hallId)], stateWords);
    if (!this.#replayed) this.#draw();
    this.onTick();
  }

  onRows(events) {
    const mine = events.filter((event) => event.hall === this.hallId);
    this.events.add(mine);
    if (mine.some((event) => event.verdict === "transition")) this.lanes.changed();
  }

  #replay(hall) {
    this.#replayed = hall;
    this.#draw();
    this.onTick();
  }

  #draw() {
    const { hall } = this;
    const zone = this.feed.site.zone;
    put(this.body, "data-state", hall.state);
    put(this.header, "data-state", hall.state);
    put(this.body, "data-replay", Boolean(this.#replayed));
    say(this.site, this.feed.site.name);
    say(this.name, hall.name);
    say(this.film, hall.film?.title ?? "");
    say(this.word, stateWords(hall));
    say(this.pathTitle, ["Film path", filmLine(hall).replace(`${hall.film?.title} · `, "")].filter(Boolean).join(" · "));
    this.path.update(hall, "", true);
    this.diagram?.update(hall);
    this.happen.update(hall, Boolean(this.#replayed));
    this.alarms.update(hall, zone);
    this.sessions.update(hall.sessions, this.#time());
  }

  #time() {
    const fresh = this.feed.fresh(this.feed.halls.get(this.hallId));
    const { beat_ms, at_ms } = this.feed.halls.get(this.hallId);
    return this.lanes.at ?? (fresh ? this.feed.shown() : Math.min(beat_ms || at_ms, this.feed.shown()));
  }

  onTick() {
    const truth = this.feed.truth();
    if (truth.kind === "ended") this.dispatchEvent(new Event("signed-out", { bubbles: true, composed: true }));
    if (!this.feed.site || !this.hall) return showTruth(this.truth, truth, this.announcer);
    const zone = this.feed.site.zone;
    if (this.#replayed) {
      say(this.truth, `${time(this.lanes.at, zone)}, replay`);
      put(this.truth, "data-kind", "replay");
    } else showTruth(this.truth, truth, this.announcer);
    put(this, "data-truth", truth.kind);
    this.#age(zone);
    const now = this.#time();
    const { hall } = this;
    say(this.stateTitle, hall.state === "fault" ? `State · fault ${since(hall, now, zone)}` : `State · ${span(now - hall.since_ms)} in ${hall.state}`);
    say(this.usual, usual(this.graph, hall.state));
    const { deadline } = hall;
    say(this.deadline, deadline ? `${sentence(deadline.words)} ${this.#left(deadline.at_ms - now)}` : "");
    say(this.next, nextWords(hall, now, zone));
    this.sessions.tick(now);
    this.lanes.tick();
  }

  #left(ms) {
    return ms > 0 ? `${span(ms)} left.` : "The time is over.";
  }

  #age(zone) {
    const live = this.feed.halls.get(this.hallId);
    const old = !this.#replayed && !this.feed.fresh(live);
    put(this.body, "data-old", old);
    this.old.hidden = !old;
    if (old) say(this.old, `Old: as of ${time(this.#time(), zone)}, ${span(this.feed.now() - this.#time())} ago.`);
  }
}

customElements.define("hall-page", HallPage);
