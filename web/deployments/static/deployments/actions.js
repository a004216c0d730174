// SPDX-License-Identifier: Apache-2.0
/** Buttons that ask for something: asked, then done or the refusal; what cannot be undone asks back first. */
import { el, put, say } from "../board/dom.js";
import { large, sentence } from "../board/words.js";

const DONE_MS = 3_000;
const PATIENCE_MS = 90_000; // a dry run looks at every server

/** Ask back; resolves to whether it was meant. Escape and the first button say no. */
function confirmed(root, { title, words, yes, no }) {
  return new Promise((answer) => {
    const [back, on] = [el("button", { type: "button" }, no), el("button", { type: "button", class: "danger" }, yes)];
    const dialog = el("dialog", { "aria-labelledby": "asked-title", "aria-describedby": "asked-words" },
      el("h2", { id: "asked-title" }, title), el("p", { id: "asked-words" }, words), el("p", { class: "buttons" }, back, on));
    let meant = false;
    back.addEventListener("click", () => dialog.close());
    on.addEventListener("click", () => {
      meant = true;
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(meant);
    });
    root.append(dialog);
    dialog.showModal();
    back.focus();
  });
}

class Action {
  #run = 0;

  constructor(owner, { verb, words, kind = "", sure = null }) {
    Object.assign(this, { owner, verb, words, sure });
    this.node = el("button", { type: "button", class: kind }, words);
    this.node.addEventListener("click", () => this.#ask());
  }

  /** `can` is the machine's own answer; a button that would be refused says why, and can be pressed all the same. */
  update(choice) {
    put(this.node, "hidden", !choice);
    if (!choice) return;
    put(this.node, "data-blocked", !choice.can);
    put(this.node, "title", choice.can ? null : sentence(choice.reason));
  }

  async #ask() {
    if (this.node.dataset.stage === "asked") return;
    const { room, root, path, name } = this.owner;
    if (this.sure && !(await confirmed(root(), this.sure()))) return this.node.focus();
    const run = ++this.#run;
    const onStage = (stage, words) => run === this.#run && this.#stage(stage, words, name);
    await room.feed.askAt(`${path}/${this.verb}`, {}, onStage, { patience: PATIENCE_MS });
    room.changed();
    await new Promise((done) => setTimeout(done, DONE_MS));
    if (run === this.#run) this.#stage("", "", name);
  }

  #stage(stage, words, name) {
    const { note, room } = this.owner;
    put(this.node, "data-stage", stage || null);
    say(this.node, { asked: `${this.words}: asked`, done: `${this.words}: done` }[stage] ?? this.words);
    if (stage === "asked" || stage === "done") say(note, "");
    if (stage === "done") room.announce(`${name}: ${this.words.toLowerCase()} is done.`);
    if (["", "asked", "done"].includes(stage)) return;
    say(note, sentence(large(words || stage)));
    room.announce(`${name}, ${this.words.toLowerCase()}: ${note.textContent}`);
  }
}

/** A row of buttons for what may be asked at `path`; each of `wanted` is {verb, words, kind, sure}. */
export class Actions {
  constructor(room, root, path, name, wanted) {
    Object.assign(this, { room, root, path, name });
    this.note = el("p", { class: "note" });
    this.actions = wanted.map((each) => new Action(this, each));
    this.node = el("div", {}, el("p", { class: "buttons" }, ...this.actions.map((each) => each.node)), this.note);
  }

  update(choices) {
    for (const action of this.actions) action.update(choices.find((choice) => choice.verb === action.verb) ?? null);
  }
}
