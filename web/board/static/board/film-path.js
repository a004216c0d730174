// SPDX-License-Identifier: Apache-2.0
/** The film path as a picture: two reels with the true diameters of what is on them, strip, gate, light. */
import { el, put, say, svg } from "./dom.js";
import { number, span } from "./words.js";

const FLANGE = 41;
const FEED = [49, 52];
const TAKE_UP = [263, 52];
const SPOOLS = [400, 800, 1000, 2000, 6000]; // ft

/** A wound reel's radius: its area grows with its feet; a 2,000 ft spool has a 5" hub in a 15" flange. */
function radius(feet, spool) {
  return FLANGE * Math.sqrt(0.116 + 0.8 * Math.min(Math.max(feet / spool, 0), 1));
}

function reel([x, y], name) {
  const wound = svg("circle", { class: "film", r: 14 });
  const hub = svg("g", { class: "hub" }, svg("circle", { r: 13.5 }), svg("path", { d: "M0 0V-13M0 0l11 6.5M0 0l-11 6.5" }));
  const turning = svg("g", { class: "turning" }, wound, hub);
  const node = svg(
    "g",
    { transform: `translate(${x} ${y})` },
    svg("circle", { class: "flange", r: FLANGE }),
    turning,
    svg("text", { y: 56 }, name),
  );
  return { node, wound, turning };
}

/** The strip from the feed reel over the gate to the take-up reel; a break is a gap at the gate. */
function strip(feed, takeUp, broken) {
  const [[fx, fy], [tx, ty]] = [FEED, TAKE_UP];
  const down = `M${fx} ${fy - feed}C${fx + 34} ${fy - feed - 14} 112 22 142 38`;
  const up = `${tx - 32} ${ty + takeUp + 14} ${tx} ${ty + takeUp}`;
  return broken ? `${down}q5 2 1 9M152 78q-4 6 4 9C188 100 ${up}` : `${down}V66C172 88 ${up}`;
}

export class FilmPath {
  constructor() {
    this.feed = reel(FEED, "feed");
    this.takeUp = reel(TAKE_UP, "take-up");
    this.strip = svg("path", { class: "strip" });
    this.beam = svg("path", { class: "beam", d: "M156 52L199 18V86z" });
    this.dowser = svg("rect", { class: "dowser", x: 150.5, width: 4 });
    this.label = svg("text", { x: 148, y: 108 });
    this.svg = svg(
      "svg",
      { viewBox: "0 0 312 114", class: "path", role: "img" },
      this.strip,
      this.feed.node,
      this.takeUp.node,
      this.beam,
      svg("rect", { class: "gate", x: 136, y: 33, width: 12, height: 38, rx: 2 }),
      this.dowser,
      this.label,
    );
    this.run = el("i");
    this.feet = el("span");
    this.left = el("span");
    this.node = el(
      "div",
      { class: "film-path" },
      this.svg,
      el("div", { class: "bar", "aria-hidden": "true" }, this.run),
      el("p", { class: "feet" }, this.feet, this.left),
    );
  }

  /** Draw a hall's value; `detailed` adds the frame. `starts` are the words at the right when nothing runs. */
  update(hall, starts = "", detailed = false) {
    const { projector } = hall;
    const film = hall.film?.between ? null : hall.film; // between two reels nothing is in the path
    this.#reels(film);
    const open = projector.dowser_open;
    const light = open && projector.lamp === "lit";
    put(this.beam, "visibility", light ? "visible" : "hidden");
    for (const [name, value] of Object.entries(open ? { y: 36, height: 5 } : { y: 36, height: 32 }))
      put(this.dowser, name, value);
    const dowser = `dowser ${open ? "open" : "closed"}`;
    say(this.label, open && !light ? `${dowser}, no light` : dowser);
    this.#figures(film, starts, detailed);
    put(this.svg, "aria-label", this.#words(film, dowser, light));
  }

  #reels(film) {
    const feet = film?.feet ?? 0;
    const spool = SPOOLS.find((size) => size >= feet) ?? feet;
    const onTakeUp = film ? radius(film.feet_run, spool) : 0;
    const onFeed = film ? radius(feet - film.feet_run, spool) : 0;
    put(this.feed.wound, "r", onFeed.toFixed(1));
    put(this.takeUp.wound, "r", onTakeUp.toFixed(1));
    put(this.strip, "d", film ? strip(onFeed, onTakeUp, film.broken) : "");
    put(this.svg, "data-runs", film?.runs ?? "no");
  }

  #figures(film, starts, detailed) {
    const run = film && film.feet ? Math.min(film.feet_run / film.feet, 1) : 0;
    this.run.style.setProperty("--run", run.toFixed(4));
    const frame = film && detailed ? ` · frame ${number(film.frame)}` : "";
    say(this.feet, film ? `${number(film.feet_run)} of ${number(film.feet)} ft${frame}` : "no film in the path");
    say(this.left, film && film.runs === "forward" && film.left_ms !== null ? `${span(film.left_ms)} left` : starts);
  }

  #words(film, dowser, light) {
    if (!film) return `Empty reels, ${dowser}`;
    const runs = { no: "the film stands", forward: "the film runs", back: "the film rewinds" }[film.runs];
    const broken = film.broken ? ", the film is broken at the gate" : "";
    const run = film.feet ? Math.round((100 * film.feet_run) / film.feet) : 0;
    return `${run} % on the take-up reel, ${runs}, ${dowser}, ${light ? "light on film" : "no light"}${broken}`;
  }
}

/** Title, gauge and reel in a line. */
export function filmLine({ film, next_show: next }) {
  if (!film) return "";
  const reel = `reel ${film.reel} of ${film.reels}`.replaceAll(" ", "\u00a0"); // what belongs together stays in one line
  return [film.title ?? next?.title, `${film.gauge}\u00a0mm`, reel].filter(Boolean).join(" · ");
}
