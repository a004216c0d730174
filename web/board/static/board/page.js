// SPDX-License-Identifier: Apache-2.0
/** The pages' own script: whoever is signed out is asked to sign in again, and comes back here. */
addEventListener("signed-out", () => {
  const here = location.pathname + location.search;
  location.assign(`/login?next=${encodeURIComponent(here)}`);
}, { once: true });
