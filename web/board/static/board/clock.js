// SPDX-License-Identifier: Apache-2.0
/** The server's clock, kept by the browser's monotonic one: a wall clock that is set here changes nothing. */

const KEPT = 30; // beats: a minute

export class Clock {
  late = 0; // ms that the newest message came later than the quickest of the last minute
  #offsets = [];

  hear(serverMs) {
    const offset = serverMs - performance.now();
    this.#offsets.push(offset);
    if (this.#offsets.length > KEPT) this.#offsets.shift();
    this.late = this.#quickest() - offset;
  }

  at(monotonic) {
    return this.#offsets.length ? this.#quickest() + monotonic : Date.now();
  }

  now() {
    return this.at(performance.now());
  }

  #quickest() {
    return Math.max(...this.#offsets);
  }
}
