// SPDX-License-Identifier: Apache-2.0
/* Edges: people's hands on the simulated projector, and what goes wrong with it. */
#include "campaign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Nobody takes hold of film that stood still less than this long ago. */
#define STANDS_MS 300

static const char *const faults[] = { "snap", "jam", "slow", "race", "slackfeed", "spoillamp", "freezetimecode", "losesync" };

/* Keep in mind what the device must now say. */
static void remember(struct hall *h, const char *name, const char *text)
{
	if (!strcmp(name, "local"))
		h->local = *text == '1';
	else if (!strcmp(name, "estop"))
		h->estop = *text == '1';
	else if (!strcmp(name, "door"))
		h->door_open = !strcmp(text, "open");
	else if (!strcmp(name, "fault"))
		h->faulty = true;
	else if (!strcmp(name, "mend"))
		h->faulty = false;
	else if (!strcmp(name, "tacho_hz"))
		h->raw_tacho = *text != '0', h->moved_ns = clock_ns();
	else if (!strcmp(name, "thread"))
		h->may_be_ready = false;
	else if (!strcmp(name, "empty"))
		h->emptied_ns = clock_ns();
	else if (!strcmp(name, "press"))
		h->pressed_ns = clock_ns();
	if (!strcmp(name, "press") && !strcmp(text, "ready"))
		h->may_be_ready = true;
}

/* Whether hands are on the film too early: it moved a moment ago, or the device still believes in the reel before. */
static bool too_early(const struct hall *h, const char *name)
{
	if (!strcmp(name, "thread"))
		return h->now.film;
	if (strcmp(name, "rethread") && strcmp(name, "empty"))
		return false;
	return clock_ns() - h->moved_ns < STANDS_MS * MS;
}

/* Do it; false: it cannot be done now (there is no film, or the film moves). */
bool hand(struct hall *h, const char *name, const char *text)
{
	int file, error = 0;

	if (too_early(h, name))
		return false;
	file = must_open(h->sim, name, O_WRONLY);
	if (write(file, text, strlen(text)) < 0)
		error = errno;
	close(file);
	note(h, "hand %s %s%s%s", name, text, error ? ": " : "", error ? strerror(error) : "");
	if (error && error != EBUSY && error != ENOENT)
		fail(h, "reelsim refuses %s %s: %s", name, text, strerror(error));
	counts.edges++;
	if (!error)
		remember(h, name, text);
	return !error;
}

bool thread_reel(struct hall *h)
{
	static const char *const gauges[] = { "35", "70", "16" };
	char text[32];

	snprintf(text, sizeof(text), "%s %llu", gauges[draw(COUNT(gauges))], (ull)(5 + draw(30)));
	return hand(h, "thread", text);
}

static void rattle(struct hall *h)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu%s", (ull)(2 + 2 * draw(8)), one_in(4) ? " snap" : "");
	hand(h, "rattle", text);
}

void any_edge(struct hall *h)
{
	static const char *const buttons[] = { "ready", "start", "stop" };

	switch (draw(14)) {
	case 0:
		thread_reel(h);
		return;
	case 1:
		hand(h, "rethread", "1");
		return;
	case 2:
		hand(h, "empty", "1");
		return;
	case 3:
	case 4:
		hand(h, "press", buttons[draw(COUNT(buttons))]);
		return;
	case 5:
		hand(h, "door", one_in(2) ? "open" : "closed");
		return;
	case 6:
		hand(h, "local", one_in(2) ? "1" : "0");
		return;
	case 7:
		hand(h, "estop", one_in(2) ? "1" : "0");
		return;
	case 8:
	case 9:
		hand(h, "fault", faults[draw(COUNT(faults))]);
		return;
	case 10:
		hand(h, "mend", "1");
		return;
	case 11:
		/* Never a rate that might be the film's: a tachometer that lies about standing film is believed. */
		hand(h, "tacho_hz", one_in(2) ? "1000" : "0");
		return;
	default:
		return rattle(h);
	}
}
