// SPDX-License-Identifier: Apache-2.0
/** The newest rows of a hall's log: what matters, or everything. */
import { el, keyed, put, say } from "./dom.js";
import { exact } from "./words.js";

const SHOWN = 25;
const TOLD = ["operator_requested", "session_lost"];
const MATTERS = ["subject=hall&verdict=transition", "subject=hall&verdict=refusal", ...TOLD.map((kind) => `kind=${kind}`)];

/** What changed the hall or was asked of it: not each new key, not each look at the hardware. */
const matters = ({ subject, verdict, kind }) =>
  subject === "hall" && kind !== "snapshot_read" && (verdict !== "internal" || TOLD.includes(kind));

function line() {
  const [at, kind, words] = [el("td", { class: "at" }), el("td", { class: "kind" }), el("td")];
  return { node: el("tr", {}, at, kind, words), at, kind, words };
}

export class EventList {
  #events = []; // newest first
  #lines = new Map();
  #reading = 0;

  constructor(feed, hall) {
    Object.assign(this, { feed, hall });
    this.box = el("input", { type: "checkbox" });
    this.box.addEventListener("change", () => this.read());
    const all = el("label", {}, this.box, " Everything, also what changed nothing");
    const log = el("a", { href: `${feed.src}/events.jsonl?hall=${hall}`, download: `${hall}.jsonl` }, "The whole log as a file");
    log.hidden = Boolean(feed.ticket); // another site's page: whoever looks there has no login here
    this.rows = el("tbody");
    const head = el("thead", { class: "unseen" }, el("tr", {}, ...["When", "What", "In words"].map((text) => el("th", { scope: "col" }, text))));
    this.node = el("div", {}, el("table", {}, head, this.rows), el("p", { class: "feet" }, all, log));
  }

  /** Read the list anew. */
  async read() {
    const reading = ++this.#reading;
    const filters = this.box.checked ? [""] : MATTERS;
    const newest = `hall=${this.hall}&limit=${SHOWN}`;
    try {
      const pages = await Promise.all(filters.map((filter) => this.feed.get(`/events?${newest}&${filter}`)));
      if (reading === this.#reading) this.#show(pages.flatMap((page) => page.events).filter((event) => this.box.checked || matters(event)));
    } catch {
      // the truth says that nothing is heard; the next hello reads it anew
    }
  }

  /** Take rows that have just come. */
  add(events) {
    const news = this.box.checked ? events : events.filter(matters);
    if (news.length) this.#show([...news, ...this.#events]);
  }

  #show(events) {
    const once = new Map(events.map((event) => [event.pos, event]));
    this.#events = [...once.values()].sort((a, b) => b.pos - a.pos).slice(0, SHOWN);
    keyed(this.rows, this.#lines, this.#events, (event) => event.pos, line, (view, event) => this.#line(view, event));
  }

  #line(view, event) {
    const role = event.subject.startsWith("session:") ? `${event.subject.slice(8)} ` : "";
    put(view.node, "data-verdict", event.verdict);
    put(view.node, "data-fault", event.after === "fault" && event.before !== "fault");
    say(view.at, exact(event.at_ms, this.feed.site.zone));
    say(view.kind, role + (event.payload.verb ?? event.kind).replaceAll("_", " ") + (event.verdict === "refusal" ? " refused" : ""));
    say(view.words, event.words);
  }
}
