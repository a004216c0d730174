// SPDX-License-Identifier: Apache-2.0
/** What these pages share: a header that says how true it is, and one thing that is read anew whenever the log tells of it. */
import { Announcer } from "../board/announcer.js";
import { showTruth } from "../board/board.js";
import { el, put, say } from "../board/dom.js";
import { feedOf } from "../board/feed.js";
import { sheet } from "../board/sheet.js";
import { span, time } from "../board/words.js";
import { look } from "./look.js";

const PACE_MS = 400; // so often at most it is read anew
const AGAIN_MS = 3_000; // so long after a reading failed

/** Whether someone of this scope may ship modules. */
export const mayDeploy = (scope) => scope === "deploy" || scope === "admin";

/** A part of the page. */
export const panel = (title, ...children) => el("section", { class: "panel" }, el("h2", {}, title), ...children);

/**
 * A page has: `trail()` (links and names of its heading), `build()` (its parts), `load()` (what it reads), `draw(data)`,
 * `concerns(event)` (whether a row of the log changes it).
 */
export class LivePage extends HTMLElement {
  data = null;
  #loading = false;
  #again = false; // something came while it was read
  #due = 0; // a timer
  #readAt = -Infinity; // performance.now() of the last good reading
  #asOf = 0; // the server's time then
  #failed = false;

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    this.feed.join(this);
  }

  disconnectedCallback() {
    clearTimeout(this.#due);
    this.#due = 0;
    this.feed.leave(this);
  }

  #build() {
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet, look];
    this.feed = feedOf(this);
    this.announcer = new Announcer();
    this.scope = this.getAttribute("scope");
    this.room = { feed: this.feed, announce: (text) => this.announcer.polite(text), changed: () => this.read() };
    this.site = el("a", { href: this.getAttribute("site-href") || "/" }, "Board");
    this.heading = el("h1", {}, this.site, ...this.trail());
    this.truth = el("p", { class: "truth" });
    this.old = el("p", { class: "old", hidden: true });
    this.body = el("div", { class: "body" }, ...this.build());
    const header = el("header", { class: "top" }, this.heading, this.truth);
    this.shadowRoot.append(header, this.old, this.body, this.announcer.node);
  }

  onHello(again) {
    if (again || !this.data) this.read();
  }

  onRows(events) {
    if (events.some((event) => this.concerns(event))) this.read();
  }

  /** Read it anew, now or as soon as the pace allows; what comes while it is read is read after it. */
  read() {
    if (this.#loading) this.#again = true;
    else if (!this.#due) this.#due = setTimeout(() => this.#load(), Math.max(0, this.#readAt + PACE_MS - performance.now()));
  }

  async #load() {
    this.#due = 0;
    this.#loading = true;
    this.#again = this.#failed = false;
    try {
      const data = await this.load();
      this.data = data;
      this.#asOf = this.feed.now();
    } catch {
      this.#failed = true; // the page says how old it is
    }
    this.#loading = false;
    this.#readAt = performance.now();
    if (!this.isConnected) return;
    if (this.#failed) this.#due = setTimeout(() => this.#load(), AGAIN_MS);
    else this.#drawn();
    this.onTick();
    if (this.#again && !this.#failed) this.read();
  }

  #drawn() {
    put(this.body, "data-ready", true);
    this.draw(this.data);
  }

  onTick() {
    const truth = this.feed.truth();
    showTruth(this.truth, truth, this.announcer);
    put(this, "data-truth", truth.kind);
    if (truth.kind === "ended") this.dispatchEvent(new Event("signed-out", { bubbles: true, composed: true }));
    if (!this.feed.site) return;
    say(this.site, this.feed.site.name);
    this.#age(truth);
  }

  /** What cannot be heard is grey, and says how old it is. */
  #age(truth) {
    const heard = ["live", "delayed"].includes(truth.kind);
    const old = Boolean(this.data) && (!heard || this.#failed);
    put(this.body, "data-old", old);
    this.old.hidden = !old;
    if (!old) return;
    const asOf = heard ? this.#asOf : Math.min(this.#asOf, truth.since || this.#asOf);
    say(this.old, `Old: as of ${time(asOf, this.zone)}, ${span(this.feed.now() - asOf)} ago.`);
  }

  get zone() {
    return this.feed.site.zone;
  }
}
