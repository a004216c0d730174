// SPDX-License-Identifier: Apache-2.0
/** <rollout-page rollout="r1">: a roll-out, live. */
import { el, keyed, put, say } from "../board/dom.js";
import { large, sentence, several, time } from "../board/words.js";
import { Actions } from "./actions.js";
import { LivePage, mayDeploy, panel } from "./live-page.js";
import { placed, ServerCard } from "./server-card.js";

const PLACES = ["committed", "working", "rolled_back", "failed", "waiting"];
const TONES = { running: "busy", aborting: "busy", done: "good", halted: "bad", aborted: "bad" };

function wave(room) {
  const title = el("h3");
  const servers = el("div", { class: "servers" });
  return { node: el("section", {}, title, servers), title, servers, kept: new Map(), room };
}

function forecastLine() {
  const cells = [el("td"), el("td", { class: "kind" }), el("td")];
  return { node: el("tr", {}, ...cells), cells };
}

class RolloutPage extends LivePage {
  #waves = new Map();
  #lines = new Map();
  #places = null; // server: place, once the first was heard

  get rollout() {
    return this.getAttribute("rollout");
  }

  trail() {
    return [" › ", el("a", { href: "/deployments" }, "Deployments"), ` › ${this.rollout}`];
  }

  build() {
    this.stands = el("p", { class: "stands" });
    this.whole = el("div", { class: "whole", role: "img" }, ...PLACES.map((place) => el("i", { "data-place": place })));
    this.plan = el("p", { class: "facts" });
    this.release = el("p", { class: "facts" });
    this.actions = new Actions(this.room, () => this.shadowRoot, `/rollouts/${this.rollout}`, `Roll-out ${this.rollout}`, [
      { verb: "forecast", words: "Dry run" },
      { verb: "begin", words: "Start" },
      { verb: "pause", words: "Pause" },
      { verb: "resume", words: "Resume" },
      { verb: "abort", words: "Abort", kind: "danger", sure: () => this.#sure() },
    ]);
    this.waves = el("div", { class: "waves" });
    this.rows = el("tbody");
    this.dryAt = el("p", { class: "facts" });
    const head = el("thead", {}, el("tr", {}, ...["Server", "Gets it", "Why"].map((text) => el("th", { scope: "col" }, text))));
    this.dry = panel("Dry run", el("table", { class: "stacked" }, head, this.rows), this.dryAt);
    this.dry.hidden = true;
    const summary = panel("Roll-out", this.stands, this.whole, this.plan, this.release);
    if (mayDeploy(this.scope)) summary.append(this.actions.node);
    return [summary, panel("Servers", this.waves), this.dry];
  }

  async load() {
    const [rollout, forecast] = await Promise.all([
      this.feed.get(`/rollouts/${this.rollout}`),
      this.feed.get(`/rollouts/${this.rollout}/forecast`).catch((refused) => {
        if (refused.status === 404) return null;
        throw refused;
      }),
    ]);
    return { rollout, forecast };
  }

  concerns({ hall, subject }) {
    return hall === `rollout:${this.rollout}` || subject.startsWith(`deploy:${this.rollout}.`);
  }

  draw({ rollout, forecast }) {
    put(this.body, "data-state", rollout.state);
    put(this.stands, "data-tone", TONES[rollout.state] ?? "");
    say(this.stands, rollout.words);
    this.#whole(rollout);
    const { canaries, batch, failures_allowed: failures } = rollout;
    const waves = `${canaries ? `${several(canaries, "canary")} first, then ` : ""}${batch} at a time`;
    say(this.plan, `${large(waves.replace("canarys", "canaries"))}; ${several(failures, "server")} may fail. Servers are begun ${rollout.hours}.`);
    say(this.release, `${rollout.release} (${rollout.sha256.slice(0, 12)}), planned by ${rollout.made_by}.`);
    // A dry run may be asked for as long as something may come of it.
    const over = ["done", "aborted", "aborting"].includes(rollout.state);
    this.actions.update([{ verb: "forecast", can: !over, reason: rollout.words }, ...rollout.can.filter(({ verb, can }) => can || verb !== "begin")]);
    this.#servers(rollout.servers);
    this.#forecast(forecast);
    this.#announce(rollout);
  }

  #whole({ counts, servers }) {
    const told = PLACES.filter((place) => counts[place]).map((place) => `${counts[place]} ${placed(place).toLowerCase()}`);
    put(this.whole, "aria-label", `Of ${several(servers.length, "server")}: ${told.join(", ")}`);
    for (const part of this.whole.children) part.style.setProperty("--share", counts[part.dataset.place] ?? 0);
  }

  #servers(servers) {
    const numbers = [...new Set(servers.map((server) => server.wave))].sort((a, b) => a - b);
    keyed(this.waves, this.#waves, numbers, (number) => number, wave, (view, number) => {
      say(view.title, number ? `Wave ${number}` : "Canaries");
      const mine = servers.filter((server) => server.wave === number);
      keyed(view.servers, view.kept, mine, ({ server }) => server, (server) => new ServerCard(server), (card, server) => card.update(server));
    });
  }

  #forecast(forecast) {
    this.dry.hidden = !forecast;
    if (!forecast) return;
    keyed(this.rows, this.#lines, forecast.servers, ({ server }) => server, forecastLine, (view, { server, does, words }) => {
      put(view.node, "data-does", String(does));
      say(view.cells[0], server);
      say(view.cells[1], does ? "would get it" : "would not get it");
      say(view.cells[2], sentence(words));
    });
    say(this.dryAt, `As of ${time(forecast.at_ms, this.zone)}. Nothing was touched.`);
  }

  /** A screen reader hears where a server came to; a failure at once. */
  #announce({ servers, state, words }) {
    const before = this.#places;
    this.#places = new Map([["", state], ...servers.map(({ server, place }) => [server, place])]);
    if (!before) return;
    for (const { server, place, deployment, reason } of servers) {
      if (before.get(server) === place) continue;
      const text = `${server}: ${sentence(deployment?.words || reason || placed(place))}`;
      if (place === "failed") this.announcer.urgent.replaceChildren(el("p", {}, text));
      else this.announcer.polite(text);
    }
    if (before.get("") !== state) this.announcer.polite(words);
  }

  #sure() {
    const counts = this.data?.rollout.counts ?? {};
    const back = counts.working ? `${several(counts.working, "server")} being worked on go back to what they had. ` : "";
    const stay = counts.committed ? `${several(counts.committed, "server")} that have the release keep it. ` : "";
    return {
      title: `Abort roll-out ${this.rollout}?`,
      words: `${back}${stay}No more servers are begun, and it cannot be taken up again.`,
      yes: "Abort it",
      no: "Let it go on",
    };
  }
}

customElements.define("rollout-page", RolloutPage);
