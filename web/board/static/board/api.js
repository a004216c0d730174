// SPDX-License-Identifier: Apache-2.0
/** Reading and asking over HTTP. */

const WAIT_MS = 8_000;
const LOOK_MS = 300;
const PATIENCE_MS = 15_000;
const FINAL = new Set(["done", "refused", "failed", "expired"]);

/** The server said no; `message` is its sentence, `status` its number (0: it did not answer). */
export class ApiRefused extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

/** A uuid, also where no TLS is and `crypto.randomUUID` therefore missing. */
function uuid() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

export class Api {
  constructor(places) {
    Object.assign(this, { ticket: null }, places); // src, stream, hall, poll, csrf, csrfHeader, csrfUrl, graphUrl
  }

  get(path) {
    return this.#fetch(this.#at(path), {});
  }

  post(path, body) {
    return this.#fetch(this.#at(path), this.#posted(body));
  }

  /** The picture of a hall's machine; `graph-url` says where it is when it is not beside the rest. */
  graph(id) {
    return this.#fetch((this.graphUrl || this.#at("/halls/{id}/graph")).replace("{id}", id), {});
  }

  async ticketFrom(url) {
    return (await this.#fetch(url, this.#posted({}))).ticket;
  }

  /**
   * Ask a hall for something. `onStage(stage, words)` hears `asked`, then one of done, refused, failed, expired.
   * Asked again with the same id it is still one request, so an answer that got lost is asked for once more.
   */
  ask(hall, verb, args, onStage) {
    return this.askAt(`/halls/${hall}/requests`, { verb, args }, onStage, { unanswered: "nobody has answered: look at the hall itself" });
  }

  /** The same of whatever takes requests at this path. */
  async askAt(path, asked, onStage, { patience = PATIENCE_MS, unanswered = "nobody has answered yet" } = {}) {
    const body = { id: uuid(), ...asked };
    const ends = performance.now() + patience;
    onStage("asked", "");
    let request = null;
    for (;;) {
      try {
        request = request ? await this.get(`/requests/${body.id}`) : await this.post(path, body);
        if (FINAL.has(request.stage)) return onStage(request.stage, request.reason);
      } catch (refused) {
        if (refused.status) return onStage("refused", refused.message);
      }
      if (performance.now() > ends) return onStage("failed", unanswered);
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }

  /** `src` may carry a query of its own, as the REST addresses of some servers do. */
  #at(path) {
    return this.src + (this.src.includes("?") ? path.replace("?", "&") : path);
  }

  #posted(body) {
    const headers = { "Content-Type": "application/json" };
    // Whoever signed in anew in another tab has another token than this page was made with.
    if (this.csrf && !this.csrfHeader) headers["X-CSRFToken"] = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? this.csrf;
    return { method: "POST", headers, body: JSON.stringify(body) };
  }

  /** One try. A server whose header was named wants its token with everything; it may have grown old on a wall. */
  async #tried(url, options) {
    const headers = this.csrfHeader ? { ...options.headers, [this.csrfHeader]: this.csrf } : options.headers;
    return fetch(url, { ...options, headers, signal: AbortSignal.timeout(WAIT_MS) });
  }

  async #renewed() {
    const answer = await this.#tried(this.csrfUrl, {});
    if (answer.ok) this.csrf = await answer.text();
    return answer.ok;
  }

  async #fetch(url, options) {
    let answer, said;
    try {
      answer = await this.#tried(url, options);
      if (answer.status === 403 && this.csrfUrl && (await this.#renewed())) answer = await this.#tried(url, options);
      said = await answer.json();
      if (answer.ok) return said;
    } catch {
      // it said nothing, or nothing that can be read
    }
    const words = said?.error?.words;
    // What stands before a booth, a proxy or a WordPress, does not know what became of what it got no answer to.
    const isRefusal = words || (answer?.status >= 400 && answer.status < 500);
    throw new ApiRefused(isRefusal ? answer.status : 0, words ?? said?.message ?? "the server does not answer");
  }
}
