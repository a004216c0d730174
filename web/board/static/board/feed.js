// SPDX-License-Identifier: Apache-2.0
/**
 * What the components know of a site, and how true it still is: one connection for all components of a page.
 *
 * A view joins with any of: onHello(again), onHalls(ids), onRows(events), onTick(). Rows come once and in order;
 * after `onHello(true)` some are missing, and whoever keeps a list reads it anew.
 *
 * With the attribute `poll` it asks SRC/changes where the stream cannot be reached, and now and then tries the stream.
 */
import { Api } from "./api.js";
import { Clock } from "./clock.js";
import { hourMinute } from "./words.js";

const SILENT_MS = 4_500; // two beats of 2 s were missed
const LOST_MS = 10_000;
const STALE_CURSOR_MS = 60_000; // after that a fresh start is cheaper than what was missed
const PAUSE_MS = 500;
const DEAF = 2; // so many streams that opened or failed without a word
const POLL_MS = 4_000;
const POLL_MOST_MS = 32_000;
const POLLED_MS = 60_000;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Feed extends Api {
  site = null;
  halls = new Map();
  #views = new Set();
  #clock = new Clock();
  #run = 0; // which connection loop may go on
  #ticker = 0;
  #heard = -Infinity; // performance.now() of the last message
  #lost = true;
  #unanswered = false; // the server was asked again, in vain
  #refused = 0; // the status that the server refuses us with
  #pos = null;
  #polled = false; // it was heard by asking, not by the stream
  #close = () => {};

  join(view) {
    this.#views.add(view);
    if (this.#views.size === 1) {
      this.#ticker = setInterval(() => this.#tick(), 1000);
      this.#connect(++this.#run);
    } else if (this.site) view.onHello?.(true);
  }

  leave(view) {
    this.#views.delete(view);
    if (this.#views.size) return;
    clearInterval(this.#ticker);
    this.#run++;
    this.#close();
  }

  /** The server's time in ms, which goes on when the server does not. */
  now() {
    return this.#clock.now();
  }

  /** The time that what is shown belongs to: it stands still while nothing is heard. */
  shown() {
    return this.truth().kind === "offline" ? this.#saidLast() : this.now();
  }

  /** { kind: live | delayed | offline | waiting | ended, words, since } */
  truth() {
    if (this.#refused) return { kind: "ended", words: "Signed out", since: this.#saidLast() };
    if (!this.site) return this.#unanswered ? this.#offline(0, "no answer") : { kind: "waiting", words: "Connecting", since: this.now() };
    const age = performance.now() - this.#heard;
    if (age > LOST_MS + this.#slow || (this.#lost && this.#unanswered)) return this.#offline(this.#saidLast(), "no answer");
    if (this.site.runtime !== "live") return this.#offline(this.site.beat_ms, "the controller is silent");
    const late = Math.max(age > SILENT_MS || this.#polled ? Math.max(age, this.#slow) : 0, this.#clock.late);
    if (late > 2000) return { kind: "delayed", words: `Delayed by ${Math.round(late / 1000)} s`, since: this.now() };
    return { kind: "live", words: "Live", since: this.now() };
  }

  /** Whether what is known of a hall is of now. */
  fresh(hall) {
    return hall.live && ["live", "delayed"].includes(this.truth().kind);
  }

  /** What is asked for instead of told is as old as the pause between two questions. */
  get #slow() {
    return this.#polled ? POLL_MS : 0;
  }

  #offline(since, why) {
    const when = since ? ` since ${hourMinute(since, this.site.zone)}` : "";
    return { kind: "offline", words: `Offline${when}`, why, since: since || this.#saidLast() };
  }

  #saidLast() {
    return this.#clock.at(Math.max(this.#heard, 0));
  }

  async #connect(run) {
    for (let failures = 0, deaf = 0; run === this.#run; failures++) {
      const before = this.#heard;
      try {
        await this.#listen(run);
        this.#refused = 0;
        deaf++;
      } catch (refused) {
        this.#failed(refused);
      }
      this.#lost = true;
      if (this.#heard > before) failures = deaf = 0;
      if (this.poll && deaf >= DEAF) await this.#ask(run);
      await pause(PAUSE_MS * 2 ** Math.min(failures, 4) * (0.5 + Math.random()));
    }
  }

  #failed(refused) {
    this.#refused = [401, 403].includes(refused.status) ? refused.status : 0;
    this.#unanswered = !this.#refused;
  }

  /** Ask again and again for a while, less often while nobody answers. */
  async #ask(run) {
    const ends = performance.now() + POLLED_MS;
    for (let wait = POLL_MS; run === this.#run && performance.now() < ends; ) {
      try {
        const said = await this.get(`/changes${this.#pos === null ? "" : `?after=${this.#pos}`}`);
        if (run !== this.#run) break;
        this.#polled = true;
        this.#heard = performance.now();
        this.#lost = this.#unanswered = false;
        if (said.events === null) this.#hello({ ...said, gap: true });
        else {
          this.#now(said.site);
          if (said.events.length) this.#pos = said.events.at(-1).pos;
          this.#rows(said);
        }
        wait = said.more ? 0 : POLL_MS;
      } catch (refused) {
        this.#failed(refused);
        this.#lost = true;
        wait = Math.min(wait * 2, POLL_MOST_MS);
      }
      await pause(wait * (0.75 + Math.random() / 2));
    }
    this.#polled = false;
    this.#lost = true;
  }

  /** One connection, until it ends. Raises ApiRefused when there is no way in. */
  async #listen(run) {
    const query = new URLSearchParams(this.hall ? { hall: this.hall } : {});
    if (performance.now() - this.#heard > STALE_CURSOR_MS) this.#pos = null;
    if (this.ticket) query.set("ticket", await this.ticket());
    else if (this.#pos === null) this.#hello(await this.get("/halls"));
    else await this.get("/site"); // an EventSource does not say why it was refused
    if (run !== this.#run) return;
    if (this.#pos !== null) query.set("last_event_id", this.#pos);
    await new Promise((done) => {
      const source = new EventSource(`${this.stream}?${query}`);
      const deaf = setTimeout(() => this.#lost && this.#close(), LOST_MS); // a proxy that keeps everything to itself
      this.#close = () => {
        clearTimeout(deaf);
        source.close();
        done();
      };
      source.onerror = this.#close;
      const take = (name, then) =>
        source.addEventListener(name, (message) => {
          this.#heard = performance.now();
          this.#lost = this.#unanswered = false;
          then(JSON.parse(message.data));
          if (message.lastEventId && name !== "hello") this.#pos = Number(message.lastEventId);
        });
      take("hello", (said) => this.#hello(said));
      take("rows", (said) => this.#rows(said));
      take("beat", (said) => this.#beat(said));
      take("bye", this.#close);
    });
  }

  #hello({ site, halls, gap }) {
    const again = gap || this.#pos === null;
    this.#heard = performance.now();
    this.#refused = 0;
    this.#now(site);
    if (again) this.#pos = site.pos;
    this.halls = new Map(halls.map((hall) => [hall.id, hall]));
    this.#tell("onHello", again);
    this.#tell("onHalls", [...this.halls.keys()]);
  }

  #rows({ events, halls }) {
    for (const hall of halls) this.halls.set(hall.id, hall);
    if (halls.length) this.#tell("onHalls", halls.map((hall) => hall.id));
    this.#tell("onRows", events);
  }

  #beat({ site, halls }) {
    this.#now(site);
    for (const [id, { beat_ms, live, round_trip_us }] of Object.entries(halls)) {
      const hall = this.halls.get(id);
      if (!hall) continue;
      Object.assign(hall, { beat_ms, live });
      for (const session of hall.sessions) session.round_trip_us = round_trip_us?.[session.role] ?? null;
    }
    this.#tell("onHalls", Object.keys(halls).filter((id) => this.halls.has(id)));
  }

  #now(site) {
    this.site = site;
    this.#clock.hear(site.now_ms);
  }

  #tick() {
    if (!this.#lost && performance.now() - this.#heard > LOST_MS) this.#close();
    this.#tell("onTick");
  }

  #tell(what, ...said) {
    for (const view of this.#views) {
      try {
        view[what]?.(...said);
      } catch (defect) {
        reportError(defect); // one component's defect is not the others'
      }
    }
  }
}

const feeds = new Map();

/**
 * Return the feed of an element's attributes `src`, `stream`, `ticket-url`, `graph-url`, `poll`, `csrf`, `csrf-header`,
 * `csrf-url` (answers a GET with a new token, as text) and its property `ticket`:
 * of all halls, or of one.
 */
export function feedOf(element, hall = "") {
  const src = (element.getAttribute("src") || "/api/v1").replace(/\/$/, "");
  const stream = element.getAttribute("stream") || `${src}/stream`;
  const key = `${stream} ${hall}`;
  const [csrf, csrfHeader, csrfUrl, graphUrl] = ["csrf", "csrf-header", "csrf-url", "graph-url"].map((name) => element.getAttribute(name));
  const poll = element.hasAttribute("poll");
  if (!feeds.has(key)) feeds.set(key, new Feed({ src, stream, hall, poll, csrf, csrfHeader, csrfUrl, graphUrl }));
  const feed = feeds.get(key);
  const url = element.getAttribute("ticket-url");
  feed.ticket ??= element.ticket ?? (url ? () => feed.ticketFrom(url) : null);
  return feed;
}
