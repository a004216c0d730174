// SPDX-License-Identifier: Apache-2.0
/** <deployment-page deployment="r1.booth1.1">: one server's part of a roll-out, with all its steps and kernel logs. */
import { el, keyed, put, say } from "../board/dom.js";
import { exact, large, sentence, time } from "../board/words.js";
import { Actions } from "./actions.js";
import { LivePage, mayDeploy, panel } from "./live-page.js";
import { bar, placed } from "./server-card.js";

const TONES = { committed: "good", rolled_back: "bad", failed: "bad", rolling_back: "bad", pending: "" };
const CHECKS = { abi: "ABI version", self_test: "self-test", agent: "agent", drill: "interlock drill" };

function line() {
  const [at, words] = [el("td", { class: "at" }), el("td")];
  return { node: el("tr", {}, at, words), at, words };
}

function logPart() {
  const title = el("h3");
  const text = el("pre", { tabindex: 0, role: "region" });
  return { node: el("section", {}, title, text), title, text };
}

class DeploymentPage extends LivePage {
  #lines = new Map();
  #logs = new Map();
  #state = null;

  get deployment() {
    return this.getAttribute("deployment");
  }

  trail() {
    const [rollout, server, attempt] = this.deployment.split(".");
    const href = `/deployments/${encodeURIComponent(rollout)}`;
    return [
      " › ", el("a", { href: "/deployments" }, "Deployments"), " › ", el("a", { href }, rollout),
      ` › ${server}${attempt === "1" ? "" : `, attempt ${attempt}`}`,
    ];
  }

  build() {
    const name = `Server ${this.deployment.split(".")[1]}`;
    this.stands = el("p", { class: "stands" });
    this.bar = bar("Way to the release");
    this.facts = el("p", { class: "facts" });
    this.checks = el("p", { class: "checks" });
    this.actions = new Actions(this.room, () => this.shadowRoot, `/deployments/${this.deployment}`, name, [
      { verb: "pause", words: "Pause" },
      { verb: "resume", words: "Resume" },
      { verb: "abort", words: "Abort", kind: "danger", sure: () => this.#sure() },
      { verb: "release", words: "Let halls go", kind: "danger", sure: () => this.#looked() },
    ]);
    this.summary = panel("Deployment", this.stands, this.bar.node, this.facts, this.checks);
    if (mayDeploy(this.scope)) this.summary.append(this.actions.node);
    this.rows = el("tbody");
    const head = el("thead", {}, el("tr", {}, ...["When", "What"].map((text) => el("th", { scope: "col" }, text))));
    this.logs = el("div");
    this.noLog = el("p", { class: "facts" }, "The server has told none yet.");
    return [
      this.summary,
      panel("Kernel log of the server", this.noLog, this.logs),
      panel("Steps, newest first", el("table", { class: "stacked" }, head, this.rows)),
    ];
  }

  load() {
    return this.feed.get(`/deployments/${this.deployment}`);
  }

  concerns({ subject }) {
    return subject === `deploy:${this.deployment}`;
  }

  draw(told) {
    const tone = TONES[told.state] ?? "busy";
    put(this.body, "data-state", told.state);
    put(this.stands, "data-tone", tone);
    put(this.summary, "data-tone", tone);
    say(this.stands, told.words);
    this.bar.update(told.progress);
    const held = told.holding ? " They refuse film until it is over." : "";
    const step = told.doing ? ` Step on its way: ${told.doing}.` : "";
    const before = told.previous ? ` Before: ${told.previous.slice(0, 12)}.` : "";
    say(this.facts, `${told.release} (${told.sha256.slice(0, 12)}) for halls ${told.halls.join(", ")}.${held}${step}${before}`);
    const checks = told.results.map(({ check, passed, words }) => `${CHECKS[check]} ${passed ? "passed" : `failed: ${words}`}`);
    say(this.checks, checks.length ? `Checks: ${checks.join("; ")}.` : "");
    this.actions.update(told.can.filter(({ verb, can }) => can || verb !== "release"));
    this.#steps(told.steps);
    this.#kernel(told.kernel_logs);
    if (this.#state && this.#state !== told.state) this.announcer.polite(told.words);
    this.#state = told.state;
  }

  #steps(steps) {
    keyed(this.rows, this.#lines, [...steps].reverse(), ({ log_seq: number }) => number, line, (view, step) => {
      put(view.node, "data-verdict", step.verdict);
      say(view.at, exact(step.at_ms, this.zone));
      const next = step.asked.length ? ` Next: ${step.asked.join(", ")}.` : "";
      say(view.words, sentence(large(step.words)) + next);
    });
  }

  #kernel(logs) {
    this.noLog.hidden = logs.length > 0;
    const named = logs.map((log, place) => ({ ...log, key: place === 0 ? "before" : "newest" }));
    keyed(this.logs, this.#logs, named, ({ key }) => key, logPart, (view, { key, at_ms: at, words, text }) => {
      const title = `${key === "before" ? "Before anything was touched" : "Newest"}, ${time(at, this.zone)}`;
      say(view.title, `${title}: ${words}`);
      put(view.text, "aria-label", `Kernel log: ${placed(key)}`);
      say(view.text, text.trim());
    });
  }

  #looked() {
    return {
      title: `Let the halls of ${this.data?.server} go?`,
      words: "What the server runs is not known here. Do it only when you have looked at it: its halls take film again.",
      yes: "I have looked: let them go",
      no: "Keep them held",
    };
  }

  #sure() {
    return {
      title: `Abort on ${this.data?.server}?`,
      words: "The server goes back to what it had before. Its roll-out counts it as one that failed.",
      yes: "Abort it",
      no: "Let it go on",
    };
  }
}

customElements.define("deployment-page", DeploymentPage);
