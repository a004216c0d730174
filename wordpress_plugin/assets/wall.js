// SPDX-License-Identifier: GPL-2.0-or-later
/* A wall whose login has ended shows the login page, and comes back here after it. */
addEventListener("signed-out", () => location.reload(), { once: true });
