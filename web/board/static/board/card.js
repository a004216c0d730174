// SPDX-License-Identifier: Apache-2.0
/** One hall on the board. */
import { Alarms, since, stateWords } from "./alarms.js";
import { Diagram } from "./diagram.js";
import { el, put, say } from "./dom.js";
import { filmLine, FilmPath } from "./film-path.js";
import { Sessions } from "./sessions.js";
import { hourMinute, sentence, span, time } from "./words.js";

/** What comes next, and when the sessions open for it. */
export function nextWords({ next_show: next }, now, zone) {
  if (!next) return "";
  const sessions = next.sessions_open_ms > now ? ` Sessions open at ${hourMinute(next.sessions_open_ms, zone)}.` : "";
  const left = next.starts_ms - now;
  const when = left > 0 && left < 3_600_000 ? `, in ${span(left)}` : "";
  return `Next: ${next.title}, ${hourMinute(next.starts_ms, zone)}${when}.${sessions}`;
}

export class Card {
  /** `room` = what roomOf gives, and { compact, href(hall id) or null } */
  constructor(room, id) {
    this.room = room;
    this.id = id;
    const link = room.href(id);
    this.name = link ? el("a", { href: link }) : el("span");
    this.word = el("strong");
    this.since = el("span", { class: "since" });
    this.film = el("p", { class: "title" });
    this.path = new FilmPath();
    this.place = el("div", { class: "place" });
    this.sessions = new Sessions();
    this.alarms = new Alarms(room);
    this.next = el("p", { class: "next" });
    this.old = el("p", { class: "old", hidden: true });
    const heading = el("h2", { id: `hall-${id}` }, this.name);
    this.node = el(
      "article",
      { class: "card", "aria-labelledby": `hall-${id}` },
      el("header", {}, heading, el("p", { class: "word" }, this.word, this.since)),
      this.old,
      this.film,
      ...(room.compact ? [] : [this.path.node, this.place, this.sessions.node]),
      this.alarms.node,
      this.next,
    );
  }

  draw(graph) {
    this.diagram = new Diagram(graph);
    this.place.replaceChildren(this.diagram.node);
    this.update();
  }

  update() {
    const { feed } = this.room;
    const hall = feed.halls.get(this.id);
    const zone = feed.site.zone;
    const now = feed.shown();
    say(this.name, hall.name);
    say(this.word, stateWords(hall));
    put(this.node, "data-state", hall.state);
    say(this.film, filmLine(hall) || held(hall));
    this.path.update(hall, starts(hall, zone));
    this.diagram?.update(hall);
    this.sessions.update(hall.sessions, now);
    this.alarms.update(hall, zone);
    this.tick();
  }

  tick() {
    const { feed } = this.room;
    const hall = feed.halls.get(this.id);
    const zone = feed.site.zone;
    const fresh = feed.fresh(hall);
    const now = fresh ? feed.shown() : Math.min(hall.beat_ms || hall.at_ms, feed.shown());
    say(this.since, since(hall, now, zone));
    this.sessions.tick(now);
    say(this.next, nextWords(hall, now, zone));
    put(this.node, "data-old", !fresh);
    this.old.hidden = fresh;
    if (!fresh) say(this.old, `Old: as of ${time(now, zone)}, ${span(feed.now() - now)} ago.`);
  }
}

const held = (hall) => (hall.held.length ? sentence(`held for ${hall.held[0].name}: ${hall.held[0].reason}`) : "");

const starts = ({ film, next_show: next }, zone) => (film && next ? `starts ${hourMinute(next.starts_ms, zone)}` : "");
