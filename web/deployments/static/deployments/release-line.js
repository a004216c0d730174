// SPDX-License-Identifier: Apache-2.0
/** A release in a table. Opened, its files are read and verified anew by the server. */
import { el, put, say } from "../board/dom.js";
import { number, sentence } from "../board/words.js";

export class ReleaseLine {
  constructor(feed, { sha256, id }) {
    Object.assign(this, { feed, sha256 });
    this.name = el("b", {}, id);
    this.more = el("div");
    this.details = el("details", {}, el("summary", {}, `What ${id} consists of`), this.more);
    this.details.addEventListener("toggle", () => this.details.open && this.#read());
    this.cells = ["", "", "", "at"].map((kind) => el("td", { class: kind || null }));
    this.withdrawn = el("span");
    this.cells[0].append(this.name, " ", this.withdrawn, this.details);
    this.node = el("tr", {}, ...this.cells);
  }

  update({ kernel, kernel_signed: signed, signer, made_by: by, withdrawn_ms: withdrawn, notes }, added) {
    say(this.withdrawn, withdrawn === null ? notes : "withdrawn");
    put(this.node, "data-withdrawn", withdrawn !== null);
    say(this.cells[1], kernel + (signed ? ", signed for it" : ""));
    say(this.cells[2], signer);
    say(this.cells[3], `${added}, ${by}`);
  }

  async #read() {
    say(this.more, "Its files are being read …");
    try {
      const told = await this.feed.get(`/releases/${this.sha256}`);
      const wrong = told.wrong.map((words) => el("p", { class: "note" }, sentence(words)));
      this.more.replaceChildren(
        ...(wrong.length ? wrong : [el("p", {}, "All of it is what was signed.")]),
        ...[
          ["sha256", told.sha256],
          ["vermagic", told.vermagic],
          ["ABI", `${told.abi_min} to ${told.abi_max}`],
          ["needs", told.needs.join(", ") || "no other module"],
          ["built", `by ${told.built_by}${told.commit ? ` from ${told.commit}` : ""}`],
          ...told.files.map((file) => [file.name, `${number(file.size)} bytes, ${file.sha256}`]),
        ].map(([name, value]) => el("p", { class: "facts" }, `${name}: `, el("code", {}, value))),
      );
    } catch (refused) {
      say(this.more, sentence(refused.message));
    }
  }
}
