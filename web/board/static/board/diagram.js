// SPDX-License-Identifier: Apache-2.0
/** The state diagram: each state at its one place, the last edge marked, and drawn once when it fires. */
import { el, put, say, still, svg } from "./dom.js";
import { sentence, several, span } from "./words.js";

let drawn = 0;

function marker(id, kind, size) {
  const shape = svg("path", { d: "M0 0L8 4L0 8z" });
  const place = { viewBox: "0 0 8 8", refX: 7.5, refY: 4, orient: "auto", markerUnits: "userSpaceOnUse" };
  return svg("marker", { id: `${id}-${kind}`, class: `tip ${kind}`, markerWidth: size, markerHeight: size, ...place }, shape);
}

function box(state) {
  const { x, y, width, height } = state;
  return svg(
    "g",
    { class: "state", "data-name": state.name },
    svg("rect", { x, y, width, height, rx: height / 2 }),
    svg("text", { x: x + width / 2, y: y + height / 2, dy: ".35em", "font-size": height * 0.4 }, state.name),
  );
}

/** `explain(move)` gives what a reader is told of a move on focus and hover; without it moves take no focus. */
export class Diagram {
  from = "";
  #last; // the edge that is marked, "source>dest at_ms"; null when there is none

  constructor(graph, explain = null) {
    const id = `tip${drawn++}`;
    this.graph = graph;
    this.explain = explain;
    this.fired = svg("path", { class: "move fired", pathLength: 100, "marker-end": `url(#${id}-last)` });
    const size = (8 * graph.width) / 304;
    this.moves = graph.moves.map((move) => this.#move(move, id));
    this.states = graph.states.map((state) => ({ state, node: box(state), item: el("li") }));
    this.svg = svg(
      "svg",
      { viewBox: `0 0 ${graph.width} ${graph.height}`, class: "diagram", role: explain ? "group" : "img" },
      svg("defs", {}, ...["plain", "aside", "fault", "last"].map((kind) => marker(id, kind, size))),
      ...this.moves.map((move) => move.node),
      this.fired,
      ...this.states.map((state) => state.node),
    );
    this.caption = el("p", { class: "caption", hidden: !explain });
    this.svg.style.setProperty("--k", (graph.width / 304).toFixed(2)); // lines are as thick whatever the units are
    const list = el("ul", { class: "unseen" }, ...this.states.map((state) => state.item));
    this.node = el("div", {}, this.svg, list, this.caption);
  }

  #move(move, id) {
    const kind = move.to_fault ? "fault" : move.path.includes("C") ? "aside" : "plain"; // what goes around steps back
    const line = svg("path", { class: `move ${kind}`, d: move.path, "marker-end": `url(#${id}-${kind})` });
    if (!this.explain || move.to_fault) return { move, node: line };
    const node = svg("g", { class: "explained", tabindex: 0, role: "img" }, svg("path", { class: "near", d: move.path }), line);
    for (const name of ["pointerenter", "focus"]) node.addEventListener(name, () => this.#tell(move));
    for (const name of ["pointerleave", "blur"]) node.addEventListener(name, () => say(this.caption, this.from));
    return { move, node };
  }

  #tell(move) {
    say(this.caption, this.explain(move));
  }

  /** Draw a hall's value. */
  update(hall) {
    for (const { state, node, item } of this.states) {
      const active = state.name === hall.state;
      put(node, "data-active", active);
      const visits = state.count ? `, ${several(state.count, "time")}` : "";
      say(item, `${state.name}${active ? ", now" : visits}`);
    }
    this.#mark(hall);
    const edge = hall.last_edge;
    const from = edge ? `came from ${edge.source}: ${edge.meaning}` : "";
    put(this.svg, "aria-label", `State diagram. The hall is ${hall.state}${from && `; ${from}`}`);
    if (this.caption.textContent === this.from) say(this.caption, sentence(from));
    this.from = sentence(from);
    if (this.explain) for (const { move, node } of this.moves) if (!move.to_fault) this.#name(move, node);
  }

  #name(move, node) {
    put(node, "aria-label", this.explain(move));
  }

  #mark({ last_edge: edge }) {
    const key = edge && `${edge.source}>${edge.dest} ${edge.at_ms}`;
    if (key === this.#last) return;
    const known = this.#last !== undefined;
    this.#last = key;
    const found = edge && this.graph.moves.find((move) => move.source === edge.source && move.dest === edge.dest);
    put(this.fired, "d", found?.path ?? "");
    put(this.fired, "data-fault", Boolean(found?.to_fault));
    if (found && known && !still())
      this.fired.animate([{ strokeDashoffset: 100 }, { strokeDashoffset: 0 }], { duration: 900, easing: "ease-out" });
  }
}

/** How long a hall usually stays in a state, when that is known. */
export function usual(graph, state) {
  const dwell = graph?.states.find((each) => each.name === state)?.dwell;
  return dwell ? `Usually ${span(dwell.p50_ms)}; nine in ten are over by ${span(dwell.p90_ms)}.` : "";
}
