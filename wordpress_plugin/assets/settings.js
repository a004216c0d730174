// SPDX-License-Identifier: GPL-2.0-or-later
/* 'Test connection': asks this WordPress to look at a booth, and says what it found. */
const LIMIT_MS = 10_000;

async function findings({ src, nonce, unanswered }) {
  try {
    const answer = await fetch(src, { method: "POST", headers: { "X-WP-Nonce": nonce }, signal: AbortSignal.timeout(LIMIT_MS) });
    const said = await answer.json();
    return answer.ok ? said.findings : [{ ok: false, words: said.message }];
  } catch {
    return [{ ok: false, words: unanswered }];
  }
}

for (const button of document.querySelectorAll(".projectionist-test")) {
  button.addEventListener("click", async () => {
    const told = document.getElementById(button.dataset.tells);
    button.disabled = true;
    told.replaceChildren(button.dataset.asking);
    const lines = (await findings(button.dataset)).map(({ ok, words }) => {
      const line = document.createElement("p");
      line.textContent = `${ok ? "✓" : "✗"} ${words}`;
      line.dataset.ok = ok;
      return line;
    });
    told.replaceChildren(...lines);
    button.disabled = false;
  });
}
