// SPDX-License-Identifier: Apache-2.0
/** One hall's state diagram alone. */
import { Diagram } from "./diagram.js";
import { el, put, say } from "./dom.js";
import { feedOf } from "./feed.js";
import { sheet } from "./sheet.js";

/** `<hall-diagram hall="h1" src="/api/v1">`; the other attributes are those of `<hall-board>`. */
export class HallDiagram extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) {
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
      this.truth = el("p", { class: "truth" });
      this.place = el("div", { class: "place" });
      this.shadowRoot.append(this.truth, this.place);
      this.feed = feedOf(this, this.getAttribute("hall"));
    }
    this.feed.join(this);
  }

  disconnectedCallback() {
    this.feed.leave(this);
  }

  get hall() {
    return this.feed.halls.get(this.getAttribute("hall"));
  }

  async onHello() {
    if (this.diagram || !this.hall) return;
    try {
      this.diagram = new Diagram(await this.feed.graph(this.hall.id));
    } catch {
      return; // asked for again after the next hello
    }
    this.place.replaceChildren(this.diagram.node);
    this.onHalls([this.hall.id]);
  }

  onHalls(ids) {
    if (this.diagram && this.hall && ids.includes(this.hall.id)) this.diagram.update(this.hall);
    this.onTick();
  }

  onTick() {
    const truth = this.feed.truth();
    say(this.truth, this.hall ? `${this.hall.name} · ${truth.words}` : truth.words);
    put(this.truth, "data-kind", truth.kind);
    put(this.place, "data-old", !this.hall || !this.feed.fresh(this.hall));
  }
}
