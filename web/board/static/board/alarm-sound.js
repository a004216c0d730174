// SPDX-License-Identifier: Apache-2.0
/** The board's own voice: three short tones for a new alarm, and again while nobody has acknowledged it. */
import { say } from "./dom.js";

const AGAIN_MS = 20_000;
const KEY = "projectionist-muted";

function remembered() {
  try {
    return localStorage.getItem(KEY) === "1";
  } catch {
    return false; // storage is closed to us: sound is on
  }
}

function remember(muted) {
  try {
    localStorage.setItem(KEY, muted ? "1" : "0");
  } catch {
    // it holds for this page only
  }
}

export class AlarmSound {
  #context = null;
  #known = new Set();
  #beeped = -Infinity;

  /** `button` turns it on and off. A browser lets us sound only after the reader has touched the page once. */
  constructor(button) {
    this.button = button;
    this.muted = remembered();
    button.addEventListener("click", () => this.#turn());
    this.#show();
  }

  start() {
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, this.#wake);
  }

  stop() {
    for (const name of ["pointerdown", "keydown"]) removeEventListener(name, this.#wake);
  }

  /** Hear which alarms wait for a person, as keys. */
  hear(keys) {
    const news = keys.some((key) => !this.#known.has(key));
    this.#known = new Set(keys);
    const again = keys.length > 0 && performance.now() - this.#beeped > AGAIN_MS;
    if ((news || again) && !this.muted && this.#context?.state === "running") this.#beep();
  }

  #wake = () => {
    this.stop();
    this.#context ??= new AudioContext();
    this.#context.resume().then(() => this.#show());
  };

  #turn() {
    this.muted = !this.muted;
    remember(this.muted);
    this.#show();
  }

  #show() {
    const asleep = !this.muted && this.#context?.state !== "running";
    say(this.button, this.muted ? "Alarm sound is off" : asleep ? "Alarm sound: press any key" : "Alarm sound is on");
  }

  #beep() {
    this.#beeped = performance.now();
    const { currentTime: now, destination } = this.#context;
    for (const start of [0, 0.25, 0.5]) {
      const tone = new OscillatorNode(this.#context, { type: "triangle", frequency: 880 });
      const gain = new GainNode(this.#context, { gain: 0.25 });
      tone.connect(gain).connect(destination);
      tone.start(now + start);
      tone.stop(now + start + 0.15);
    }
    this.button.dispatchEvent(new Event("beep", { bubbles: true, composed: true }));
  }
}
