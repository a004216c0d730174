// SPDX-License-Identifier: GPL-2.0-only
/*
 * People's hands on the projector, and what goes wrong with it: each a word of one line, carried out under the lock.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "reelsim.h"

#define MAX_FEET 20000
#define MAX_TACHO_HZ 20000
#define MAX_RATTLE 10000
/* How long a finger stays on a button (assumed). */
#define PRESS_NS (50 * NSEC_PER_MSEC)
/* Blank film after the picture, where the tail sensor speaks: 2 s (assumed). */
#define TAIL_FRAMES 48
/* The fastest rewinding of an archive print, in feet a minute (Richardson's Bluebook, 1935). */
#define REWIND_FEET_PER_MINUTE 166

/* Frames a foot as an exact ratio (film gauge tables). */
static const struct gauge {
	unsigned int mm, frames, feet;
} gauges[] = { { 35, 16, 1 }, { 70, 64, 5 }, { 16, 40, 1 } };

static const struct gauge *find_gauge(unsigned int mm)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gauges); i++)
		if (gauges[i].mm == mm)
			return &gauges[i];
	return NULL;
}

static int thread(struct reelsim *sim, const char *text, s64 now)
{
	struct reelsim_film *film = &sim->film;
	const struct gauge *gauge;
	unsigned int mm, feet;
	char rest;

	if (sscanf(text, "%u %u%c", &mm, &feet, &rest) != 2 || !feet || feet > MAX_FEET)
		return -EINVAL;
	gauge = find_gauge(mm);
	if (!gauge)
		return -EINVAL;
	if (film->threaded)
		return -EBUSY;
	film->threaded = true;
	film->end = feet * gauge->frames / gauge->feet;
	film->tail = max_t(s64, film->end - TAIL_FRAMES, 0);
	film->rewind_fps_milli = div_u64((u64)REWIND_FEET_PER_MINUTE * gauge->frames * sim->fps_milli,
					 gauge->feet * 60 * (REELSIM_BASE_FPS_MILLI / 1000));
	reelsim_thread(sim, 0, now);
	return 0;
}

static int hands_off(const struct reelsim *sim, s64 now)
{
	if (!sim->film.threaded)
		return -ENOENT;
	return reelsim_level(sim, LINE_MOTOR) || reelsim_moves(sim, now) ? -EBUSY : 0;
}

/* The film is mended where it broke, or threaded again from its head once it has run off a reel. */
static int rethread(struct reelsim *sim, const char *text, s64 now)
{
	struct reelsim_film *film = &sim->film;
	int err = hands_off(sim, now);
	bool keep;

	if (err)
		return err;
	keep = !film->head_off && film->counted < film->tail;
	reelsim_thread(sim, keep ? reelsim_position(&film->motion, now) : 0, now);
	return 0;
}

static int empty(struct reelsim *sim, const char *text, s64 now)
{
	int err = hands_off(sim, now);

	if (err)
		return err;
	sim->film.threaded = false;
	reelsim_thread(sim, 0, now);
	return 0;
}

static int press(struct reelsim *sim, const char *text, s64 now)
{
	static const char *const buttons[] = { "ready", "start", "stop" };
	int button = match_string(buttons, ARRAY_SIZE(buttons), text);

	if (button < 0)
		return -EINVAL;
	reelsim_drive_line(sim, LINE_READY + button, true);
	sim->due[WAIT_BUTTONS] = now + PRESS_NS;
	return 0;
}

static int switch_line(struct reelsim *sim, unsigned int line, const char *text, const char *low, const char *high)
{
	if (!strcmp(text, high))
		reelsim_drive_line(sim, line, true);
	else if (!strcmp(text, low))
		reelsim_drive_line(sim, line, false);
	else
		return -EINVAL;
	return 0;
}

static int door(struct reelsim *sim, const char *text, s64 now)
{
	return switch_line(sim, LINE_DOOR, text, "open", "closed");
}

static int local(struct reelsim *sim, const char *text, s64 now)
{
	return switch_line(sim, LINE_LOCAL, text, "0", "1");
}

/* The line is the loop through the button: pressed cuts it. */
static int estop(struct reelsim *sim, const char *text, s64 now)
{
	return switch_line(sim, LINE_ESTOP, text, "1", "0");
}

static int fault(struct reelsim *sim, const char *text, s64 now)
{
	struct reelsim_film *film = &sim->film;

	if (!strcmp(text, "snap")) {
		if (!film->threaded)
			return -ENOENT;
		film->broken = true;
	} else if (!strcmp(text, "jam")) {
		film->jammed = true;
		reelsim_drive(sim, now);
	} else if (!strcmp(text, "race")) {
		film->racing = true;
		reelsim_drive(sim, now);
	} else if (!strcmp(text, "slow")) {
		film->slow = true;
		reelsim_drive(sim, now);
	} else if (!strcmp(text, "slackfeed")) {
		film->slack_feed = true;
	} else if (!strcmp(text, "spoillamp")) {
		sim->lamp_bad = true;
		sim->lamp_lit = false;
	} else if (!strcmp(text, "freezetimecode")) {
		reelsim_read_timecode(sim, true, now);
	} else if (!strcmp(text, "losesync")) {
		reelsim_put_sound(sim, true, now);
	} else {
		return -EINVAL;
	}
	return 0;
}

/* Every fault is mended but a broken film, which has to be threaded again. */
static int mend(struct reelsim *sim, const char *text, s64 now)
{
	struct reelsim_film *film = &sim->film;

	if (strcmp(text, "1"))
		return -EINVAL;
	film->slack_feed = false;
	if (film->jammed || film->racing || film->slow) {
		film->jammed = film->racing = film->slow = false;
		reelsim_drive(sim, now);
	}
	if (sim->lamp_bad) {
		sim->lamp_bad = false;
		reelsim_lamp_switched(sim, reelsim_level(sim, LINE_LAMP), now);
	}
	reelsim_read_timecode(sim, false, now);
	reelsim_put_sound(sim, false, now);
	return 0;
}

/* A pulse train in place of the sprocket's pulses. */
static int tacho_hz(struct reelsim *sim, const char *text, s64 now)
{
	u32 hz;

	if (kstrtou32(text, 10, &hz) || hz > MAX_TACHO_HZ)
		return -EINVAL;
	sim->raw_tacho_hz = hz;
	sim->due[WAIT_RAW_TACHO] = hz ? now : REELSIM_NEVER;
	return 0;
}

/* The roller's edges back to back, in one hard interrupt; the film may break in the middle of it. */
void reelsim_rattle_now(struct irq_work *work)
{
	struct reelsim *sim = container_of(work, struct reelsim, burst);
	u32 edge;

	for (edge = 0; edge < sim->burst_edges; edge++) {
		unsigned long flags;

		raw_spin_lock_irqsave(&sim->lock, flags);
		sim->film.broken |= sim->burst_snaps && edge == sim->burst_edges / 2;
		sim->rattled = !sim->rattled;
		reelsim_feel(sim, reelsim_now(sim));
		reelsim_arm(sim);
		raw_spin_unlock_irqrestore(&sim->lock, flags);
		reelsim_deliver(sim);
	}
}

/* Begins when the write lets go of the lock. An even number of edges: the roller ends where it was. */
static int rattle(struct reelsim *sim, const char *text, s64 now)
{
	char snap[5] = "", rest;
	unsigned int edges;
	int read = sscanf(text, "%u %4s%c", &edges, snap, &rest);

	if (read < 1 || read > 2 || (read == 2 && strcmp(snap, "snap")) || !edges || edges % 2 || edges > MAX_RATTLE)
		return -EINVAL;
	if (read == 2 && !sim->film.threaded)
		return -ENOENT;
	sim->burst_edges = edges;
	sim->burst_snaps = read == 2;
	irq_work_queue(&sim->burst);
	return 0;
}

/* Ended by one without a name. */
const struct reelsim_hand reelsim_hands[] = {
	{ "thread", thread },
	{ "rethread", rethread },
	{ "empty", empty },
	{ "press", press },
	{ "door", door },
	{ "local", local },
	{ "estop", estop },
	{ "fault", fault },
	{ "mend", mend },
	{ "tacho_hz", tacho_hz },
	{ "rattle", rattle },
	{ }
};
