// SPDX-License-Identifier: Apache-2.0
/** A hall's alarms: each a sentence that says what, since when, and what to do; folded ones under their cause. */
import { el, keyed, put, say } from "./dom.js";
import { named, sentence, span, time } from "./words.js";

const OPEN = new Set(["unacknowledged", "returned_unacknowledged"]);
const STATES = {
  unacknowledged: "",
  acknowledged: "Acknowledged.",
  returned_unacknowledged: "It is over; nobody has acknowledged it.",
  shelved: "Shelved",
};

/** Whether an alarm waits for a person. */
export const open = (alarm) => OPEN.has(alarm.state);

/** The alarms that people look at: those under another one's name are told with it. */
export const roots = (hall) => hall.alarms.filter((alarm) => !alarm.root);

/** The alarm for which a hall is in fault. */
export const faultAlarm = (hall) =>
  hall.state === "fault" ? roots(hall).find((alarm) => hall.label.includes(alarm.words)) : undefined;

/** What people call a hall's state: in fault, what happened. */
export const stateWords = (hall) => {
  const cause = faultAlarm(hall);
  return hall.state === "fault" ? (cause ? named(cause.name) : "Fault") : hall.label;
};

class AlarmBox {
  constructor(room, alarm) {
    this.room = room;
    this.cause = el("strong");
    this.words = el("span");
    this.note = el("p", { class: "note" });
    this.buttons = el("p", { class: "buttons" });
    this.node = el("li", { tabindex: -1 }, el("p", {}, this.cause, " ", this.words), this.buttons, this.note);
    room.asking?.then(({ AskButton }) => this.#add(AskButton, room));
  }

  #add(AskButton, room) {
    this.acknowledge = new AskButton(room, { words: "Acknowledge", verb: "acknowledge" }, this.note);
    this.reset = new AskButton(room, { words: "Reset", verb: "reset" }, this.note);
    this.shelve = new AskButton(room, { words: "Shelve", verb: "shelve" }, this.note);
    this.buttons.append(...[this.acknowledge, this.reset, this.shelve].filter(({ verb }) => room.may(verb)).map(({ node }) => node));
    this.update(...this.shown);
  }

  update(hall, alarm, zone) {
    this.shown = [hall, alarm, zone];
    const isFault = alarm === faultAlarm(hall);
    const waits = open(alarm);
    say(this.cause, sentence(alarm.words));
    say(this.words, this.#sentences(hall, alarm, zone, isFault));
    put(this.node, "data-open", waits);
    if (this.acknowledge) this.#buttons(hall, alarm, waits, isFault);
    this.buttons.hidden = ![...this.buttons.children].some((button) => !button.hidden);
  }

  #buttons(hall, alarm, waits, isFault) {
    const focused = this.node.contains(this.node.getRootNode().activeElement);
    this.acknowledge.update(hall, [alarm.name]);
    this.reset.update(hall, [], resetNeeds(hall));
    this.acknowledge.node.hidden = !waits;
    this.reset.node.hidden = !isFault || waits;
    this.shelve.update(hall, [alarm.name]);
    this.shelve.node.hidden = isFault || !/^(un)?acknowledged$/.test(alarm.state);
    // A button that goes must not take the keyboard's place with it.
    if (focused && !this.node.contains(this.node.getRootNode().activeElement))
      (this.reset.node.hidden ? this.node : this.reset.node).focus();
  }

  #sentences(hall, alarm, zone, isFault) {
    const said = [`Since ${time(alarm.since_ms, zone)}.`];
    if (alarm.state === "shelved") said.push(`Shelved until ${time(alarm.until_ms, zone)}.`);
    else said.push(STATES[alarm.state]);
    if (alarm.consequences.length) said.push(`With it: ${alarm.consequences.map((name) => named(name).toLowerCase()).join(", ")}.`);
    if (isFault) said.push(resetNeeds(hall) ? `Before a reset: ${sentence(resetNeeds(hall)).replace(/^./, (l) => l.toLowerCase())}` : "It can be reset.");
    return said.filter(Boolean).join(" ");
  }
}

function resetNeeds(hall) {
  const reset = hall.can.find((each) => each.verb === "reset");
  return reset && !reset.can_fire ? reset.reason : "";
}

export class Alarms {
  #boxes = new Map();

  constructor(room) {
    this.room = room;
    this.node = el("ul", { class: "alarms", "aria-label": "Alarms" });
  }

  update(hall, zone) {
    const shown = roots(hall);
    const make = () => new AlarmBox(this.room);
    keyed(this.node, this.#boxes, shown, (alarm) => alarm.name, make, (box, alarm) => box.update(hall, alarm, zone));
    this.node.hidden = shown.length === 0;
  }
}

/** "since 19:52:07, 3:20 ago" in fault, else "12:41 in state". */
export function since(hall, now, zone) {
  if (!hall.since_ms) return ""; // it has never changed its state
  const long = span(now - hall.since_ms);
  return hall.state === "fault" ? `since ${time(hall.since_ms, zone)}, ${long} ago` : `${long} in state`;
}
