// SPDX-License-Identifier: Apache-2.0
/** A button that asks a hall for something, and says what became of it: asked, then done or the refusal. */
import { el, put, say } from "./dom.js";
import { named, sentence } from "./words.js";

const DONE_MS = 3_000;

/**
 * `room` = what roomOf gives. `note` is where a refusal is written, beside the button.
 */
export class AskButton {
  #run = 0;

  constructor(room, { words, verb, kind = "" }, note) {
    Object.assign(this, { room, words, verb, note });
    this.args = [];
    // Until it is known for which hall it is, there is nobody to be asked.
    this.node = el("button", { type: "button", class: kind, disabled: true }, words);
    this.node.addEventListener("click", () => this.#ask());
  }

  /**
   * Which hall and alarm it is for. `blocked` is why it would be refused as far as is known here: the button looks so
   * and says so, but it can be pressed, because the hall's machine is the judge.
   */
  update(hall, args = [], blocked = "") {
    Object.assign(this, { hall, args });
    put(this.node, "disabled", false);
    put(this.node, "data-blocked", Boolean(blocked));
    put(this.node, "title", blocked ? sentence(blocked) : null);
  }

  async #ask() {
    if (this.node.dataset.stage === "asked" && this.verb !== "emergency_stop") return;
    const run = ++this.#run;
    const { id, name } = this.hall;
    const args = await this.#meant(name);
    if (!args) return;
    const onStage = (stage, words) => {
      if (run === this.#run) this.#stage(stage, words, name);
    };
    await this.room.feed.ask(id, this.verb, args, onStage);
    await new Promise((done) => setTimeout(done, DONE_MS));
    if (run === this.#run) this.#stage("", "", name);
  }

  /** The request's arguments, or null when the person thought better of it. An emergency stop is never asked about. */
  async #meant(name) {
    const shelves = this.verb === "shelve";
    if (this.verb === "emergency_stop" || !(this.room.confirm || shelves)) return this.args;
    const { sure } = await import("./sure.js");
    const about = this.args.map((alarm) => ` “${named(alarm).toLowerCase()}”`).join("");
    const minutes = await sure(this.node.getRootNode(), `${name}: ${this.words.toLowerCase()}${about}?`, this.words, shelves);
    return minutes === null ? null : [...this.args, ...minutes];
  }

  #stage(stage, words, name) {
    put(this.node, "data-stage", stage || null);
    say(this.node, { asked: `${this.words}: asked`, done: `${this.words}: done` }[stage] ?? this.words);
    if (stage === "asked" || stage === "done") this.#told("");
    if (stage === "done") this.room.announce(`${name}: ${this.words.toLowerCase()} is done.`);
    if (!["", "asked", "done"].includes(stage)) this.#told(sentence(words || stage), name);
  }

  #told(text, name = this.hall.name) {
    say(this.note, text);
    if (text) this.room.announce(`${name}, ${this.words.toLowerCase()}: ${text}`);
  }
}
