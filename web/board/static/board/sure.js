// SPDX-License-Identifier: Apache-2.0
/** Asking a person once more. */
import { el } from "./dom.js";

const MINUTES = [10, 30, 60, 240];
const look = new CSSStyleSheet();
look.replaceSync(`
dialog{border:1.5px solid var(--ink);border-radius:.6em;background:var(--card);color:var(--ink);padding:1.2em;max-width:24em}
dialog::backdrop{background:#0008}
select{font:inherit;color:inherit;background:var(--card);min-height:2.2em}
`);

/** Ask. Returns what was chosen (nothing, or for how many minutes), or null when it was not meant. */
export function sure(root, question, yes, lasts) {
  const choice = el("select", {}, ...MINUTES.map((each) => el("option", { value: each }, `${each} minutes`)));
  const form = el("form", { method: "dialog" }, el("p", { id: "sure" }, question));
  if (lasts) form.append(el("label", {}, "For ", choice));
  form.append(el("p", { class: "buttons" }, el("button", { value: "yes" }, yes), el("button", {}, "Cancel")));
  const dialog = el("dialog", { "aria-labelledby": "sure" }, form);
  if (!root.adoptedStyleSheets.includes(look)) root.adoptedStyleSheets.push(look);
  root.append(dialog);
  dialog.showModal();
  return new Promise((done) =>
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(dialog.returnValue === "yes" ? (lasts ? [choice.value] : []) : null);
    }),
  );
}
