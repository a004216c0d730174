// SPDX-License-Identifier: GPL-2.0-or-later
/* The number in the admin bar: asked for now and then, less often while nobody answers, not while nobody looks. */
const PAUSE_MS = 30_000;
const MOST_MS = 300_000;
const WAIT_MS = 8_000;

const badge = document.querySelector(".projectionist-badge");
const ask = (url) =>
  fetch(url, { headers: { "X-WP-Nonce": badge.dataset.nonce }, credentials: "same-origin", signal: AbortSignal.timeout(WAIT_MS) });

/** Return how many alarms wait; null: nobody knows. */
async function count() {
  let answer = await ask(badge.dataset.src);
  if (answer.status === 401 || answer.status === 403) {
    // The page is older than its nonce.
    const fresh = await ask(badge.dataset.nonceSrc);
    if (!fresh.ok) return null;
    badge.dataset.nonce = await fresh.text();
    answer = await ask(badge.dataset.src);
  }
  return answer.ok ? (await answer.json()).unacknowledged : null;
}

function show(number) {
  const { some, none, unknown } = badge.dataset;
  badge.textContent = number === null ? unknown : number ? some.replace("{n}", number) : none;
  badge.dataset.state = number === null ? "unknown" : number ? "some" : "none";
}

async function keep() {
  for (let pause = PAUSE_MS; ; ) {
    if (!document.hidden) {
      const number = await count().catch(() => null);
      show(number);
      pause = number === null ? Math.min(pause * 2, MOST_MS) : PAUSE_MS;
    }
    await new Promise((done) => setTimeout(done, pause * (0.75 + Math.random() / 2)));
  }
}

if (badge) keep();
