// SPDX-License-Identifier: Apache-2.0
/** <deployments-page>: the roll-outs and the releases of a site, and a form to plan a roll-out. */
import { el, keyed, put, say } from "../board/dom.js";
import { several, time } from "../board/words.js";
import { LivePage, mayDeploy, panel } from "./live-page.js";
import { PlanForm } from "./plan-form.js";
import { ReleaseLine } from "./release-line.js";
import { placed } from "./server-card.js";

const TONES = { running: "busy", aborting: "busy", done: "good", halted: "bad", aborted: "bad" };

const day = (ms, zone) => `${new Intl.DateTimeFormat("en-GB", { timeZone: zone, day: "numeric", month: "short" }).format(ms)}, ${time(ms, zone).slice(0, 5)}`;

function rolloutLine({ id }) {
  const cells = ["", "kind state", "", "at"].map((kind) => el("td", { class: kind || null }));
  const link = el("a", { href: `/deployments/${encodeURIComponent(id)}` });
  cells[0].append(link);
  return { node: el("tr", {}, ...cells), cells, link };
}

const head = (...names) => el("thead", {}, el("tr", {}, ...names.map((text) => el("th", { scope: "col" }, text))));

class DeploymentsPage extends LivePage {
  #rollouts = new Map();
  #releases = new Map();

  trail() {
    return [" › Deployments"];
  }

  build() {
    this.rollouts = el("tbody");
    this.noRollouts = el("p", { class: "facts" });
    this.rolloutTable = el("table", { class: "stacked" }, head("Roll-out", "State", "How it stands", "Planned"), this.rollouts);
    this.releases = el("tbody");
    this.noReleases = el("p", { class: "facts" });
    this.releaseTable = el("table", { class: "stacked" }, head("Release", "For kernel", "Signed by", "Added"), this.releases);
    const parts = [panel("Roll-outs", this.noRollouts, this.rolloutTable), panel("Releases", this.noReleases, this.releaseTable)];
    if (!mayDeploy(this.scope)) return parts;
    this.form = new PlanForm(this.room);
    parts[1].append(el("p", { class: "links" }, el("a", { href: "/admin/store/releaseentry/add/" }, "Add a signed release")));
    return [parts[0], panel("Plan a roll-out", this.form.node), parts[1]];
  }

  async load() {
    const [{ rollouts }, { releases }] = await Promise.all([this.feed.get("/rollouts"), this.feed.get("/releases")]);
    return { rollouts, releases };
  }

  concerns({ hall }) {
    return hall.startsWith("rollout:");
  }

  draw({ rollouts, releases }) {
    this.rolloutTable.hidden = !rollouts.length;
    say(this.noRollouts, rollouts.length ? "" : "None was planned yet.");
    keyed(this.rollouts, this.#rollouts, rollouts, ({ id }) => id, rolloutLine, (view, told) => {
      put(view.node, "data-tone", TONES[told.state] ?? "");
      say(view.link, `${told.id}: ${told.release}`);
      say(view.cells[1], placed(told.state));
      say(view.cells[2], told.words);
      say(view.cells[3], `${day(told.made_ms, this.zone)}, ${told.made_by}`);
    });
    this.releaseTable.hidden = !releases.length;
    say(this.noReleases, releases.length ? several(releases.filter((each) => each.withdrawn_ms === null).length, "release") + " to choose from." : "There is none yet.");
    const make = (release) => new ReleaseLine(this.feed, release);
    keyed(this.releases, this.#releases, releases, ({ sha256 }) => sha256, make, (view, release) => view.update(release, day(release.made_ms, this.zone)));
    this.form?.update(releases);
  }
}

customElements.define("deployments-page", DeploymentsPage);
