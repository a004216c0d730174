// SPDX-License-Identifier: Apache-2.0
/** The last hour on one time axis: state, sessions, sound against picture, alarms; a slider goes back in time. */
import { el, keyed, put, say, svg } from "./dom.js";
import { hourMinute, signed, time } from "./words.js";

const HOUR_MS = 3_600_000;
const LEAST_MS = 60_000; // a hall that is not known for longer fills no more of the axis
const AGAIN_MS = 30_000;
const SOON_MS = 3_000;
const SLIDE_MS = 120; // a slider that moves asks the server no more often
const GAP_MS = 15_000; // timecode that is further apart is of two shows

function bar() {
  return { node: el("i") };
}

class Lane {
  #bars = new Map();

  constructor(name) {
    this.name = name;
    this.track = el("div", { class: "track", role: "img", "aria-label": `${name}: not read yet` });
    this.node = el("div", { class: "lane" }, el("span", {}, name), this.track);
  }

  /** Draw spans { kind, from, to, words } over `axis`. */
  draw(spans, axis, zone) {
    const seen = spans.filter((each) => each.to > axis.from);
    keyed(this.track, this.#bars, seen, (each) => `${each.from} ${each.kind}`, bar, ({ node }, each) => {
      put(node, "data-kind", each.kind);
      put(node, "title", `${each.words}, ${time(each.from, zone)} to ${time(each.to, zone)}`);
      say(node, each.words);
      const left = axis.share(Math.max(each.from, axis.from));
      node.style.left = `${left}%`;
      node.style.width = `${Math.max(axis.share(each.to) - left, 0.15)}%`;
    });
    const last = seen.slice(-8).map((each) => `${each.words} from ${hourMinute(each.from, zone)}`);
    put(this.track, "aria-label", `${this.name}: ${last.join(", ") || "nothing"}`);
  }
}

class OffsetLane {
  constructor() {
    this.line = svg("path", { "vector-effect": "non-scaling-stroke" });
    this.svg = svg(
      "svg",
      { viewBox: "0 0 1000 80", preserveAspectRatio: "none", role: "img", "aria-label": "Sound against picture: not read yet" },
      svg("rect", { class: "band", x: 0, y: 20, width: 1000, height: 40 }),
      svg("path", { class: "zero", d: "M0 40H1000", "vector-effect": "non-scaling-stroke" }),
      this.line,
    );
    this.limits = el("small");
    this.node = el("div", { class: "lane offset" }, el("span", {}, "sound − picture ", this.limits), el("div", { class: "track" }, this.svg));
  }

  draw(offsets, axis, band) {
    let last = -Infinity;
    const points = offsets.map(([at, us]) => {
      const y = 40 - (20 * Math.min(Math.max(us / band, -2), 2));
      const joined = at - last < GAP_MS ? "L" : "M";
      last = at;
      return `${joined}${(10 * axis.share(at)).toFixed(1)} ${y.toFixed(1)}`;
    });
    put(this.line, "d", points.join(""));
    say(this.limits, `±${(band / 1000).toFixed(1)} ms`);
    const newest = offsets.at(-1);
    put(this.svg, "aria-label", newest ? `Sound against picture, newest ${signed(newest[1])}` : "Sound against picture: nothing was told");
  }
}

export class Lanes {
  at = null; // ms of the past instant that is looked at
  #past = null;
  #next = Infinity; // when to read anew
  #asked = 0;
  #timer = 0;

  /** `show(hall)` is called with the hall as of a past instant, or null to come back. */
  constructor(feed, hall, show) {
    Object.assign(this, { feed, hall, show });
    this.state = new Lane("state");
    this.roles = { projection: new Lane("projection"), sound: new Lane("sound") };
    this.offsets = new OffsetLane();
    this.alarms = new Lane("alarms");
    const lanes = [this.state, ...Object.values(this.roles), this.offsets, this.alarms];
    this.from = el("span");
    this.to = el("span");
    this.slider = el("input", { type: "range", min: 0, max: 3600, step: 1, value: 3600, "aria-label": "Time shown", "aria-valuetext": "Live" });
    this.slider.addEventListener("input", () => this.#slid());
    this.back = el("button", { type: "button", class: "back" }, "Live");
    this.back.addEventListener("click", () => this.#live());
    this.back.hidden = true;
    this.problem = el("p", { class: "note" });
    this.heading = el("h2", {}, "The last hour");
    const axis = el("p", { class: "axis" }, this.from, this.slider, this.to, this.back);
    this.node = el("div", { class: "lanes" }, this.heading, ...lanes.map((lane) => lane.node), axis, this.problem);
  }

  /** Something changed: read anew soon, but not for each of many changes. */
  changed() {
    this.#next = Math.min(this.#next, performance.now() + SOON_MS);
  }

  tick() {
    if (this.at === null && performance.now() > this.#next) this.read();
  }

  async read() {
    this.#next = performance.now() + AGAIN_MS;
    const to = Math.round(this.feed.now());
    try {
      this.#past = await this.feed.get(`/halls/${this.hall}/past?from_ms=${to - HOUR_MS}&to_ms=${to}`);
    } catch {
      return; // tried again at its time
    }
    if (this.at === null) this.#draw();
  }

  #draw() {
    const { from_ms, to_ms: to, states, sessions, offsets, alarms } = this.#past;
    const from = Math.max(from_ms, Math.min(states[0]?.from_ms ?? from_ms, to - LEAST_MS));
    this.began = from;
    put(this.slider, "max", Math.floor((to - from) / 1000));
    this.slider.value = this.slider.max;
    const zone = this.feed.site.zone;
    const axis = { from, share: (ms) => (100 * (ms - from)) / (to - from) };
    const spans = (list, kind, words) =>
      list.map((each) => ({ kind: each[kind], words: words(each), from: each.from_ms, to: each.to_ms ?? to }));
    this.state.draw(spans(states, "state", (each) => each.state), axis, zone);
    for (const [role, lane] of Object.entries(this.roles)) {
      lane.node.hidden = !(role in sessions);
      const open = (sessions[role] ?? []).filter((each) => each.state !== "down");
      lane.draw(spans(open, "state", (each) => each.state.replaceAll("_", " ")), axis, zone);
    }
    const hall = this.feed.halls.get(this.hall);
    this.offsets.node.hidden = !hall?.sound;
    this.offsets.draw(offsets, axis, hall?.sound?.band_us ?? 20_833);
    this.alarms.draw(spans(alarms, "name", (each) => each.words), axis, zone);
    say(this.heading, from > from_ms ? `Since ${time(from, zone)}` : "The last hour");
    say(this.from, hourMinute(from, zone));
    say(this.to, hourMinute(to, zone));
  }

  #slid() {
    if (!this.#past) return;
    const seconds = Number(this.slider.value);
    if (seconds >= Number(this.slider.max)) return this.#live();
    this.at = this.began + seconds * 1000;
    put(this.slider, "aria-valuetext", `${time(this.at, this.feed.site.zone)}, replay`);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), SLIDE_MS);
  }

  async #look() {
    const asked = ++this.#asked;
    try {
      const hall = await this.feed.get(`/halls/${this.hall}/at?ms=${this.at}`);
      if (asked !== this.#asked || this.at === null) return;
      say(this.problem, "");
      this.back.hidden = false;
      this.show(hall);
    } catch (refused) {
      if (asked === this.#asked) say(this.problem, refused.message);
    }
  }

  #live() {
    const focused = this.node.getRootNode().activeElement === this.back;
    clearTimeout(this.#timer);
    this.#asked++;
    this.at = null;
    this.slider.value = this.slider.max;
    put(this.slider, "aria-valuetext", "Live");
    say(this.problem, "");
    if (focused) this.slider.focus();
    this.back.hidden = true;
    this.show(null);
    this.read();
  }
}
