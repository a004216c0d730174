// SPDX-License-Identifier: Apache-2.0
/** Elements are made once and changed in place: nothing here ever writes HTML text. */

const SVG = "http://www.w3.org/2000/svg";

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) put(node, name, value);
  node.append(...children);
  return node;
}

/** Make an HTML element. */
export const el = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);

/** Make an SVG element. */
export const svg = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

/** Set an attribute when it differs; null and false take it away, true makes it empty. */
export function put(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
}

/** Set an element's text when it differs: a screen reader hears only what changed. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Keep one child of `parent` for each item, in order. Views have a `node`; `kept` is a Map that the caller keeps.
 * A child that stays is never taken out: it keeps its focus.
 */
export function keyed(parent, kept, items, keyOf, make, update) {
  const wanted = new Set(items.map(keyOf));
  for (const [key, view] of kept) {
    if (wanted.has(key)) continue;
    view.node.remove();
    kept.delete(key);
  }
  items.forEach((item, place) => {
    const key = keyOf(item);
    if (!kept.has(key)) kept.set(key, make(item));
    const view = kept.get(key);
    if (parent.children[place] !== view.node) parent.insertBefore(view.node, parent.children[place] ?? null);
    update(view, item);
  });
}

/** Whether the reader asked for no movement. */
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
