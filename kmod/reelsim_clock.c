// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hall's own clock: one hrtimer that runs only while something is due.
 *
 * Everything that a sensor tells happens when a whole frame passes, so there is one tick a frame and none in between.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/version.h>

#include "reelsim.h"

static s64 earliest(const struct reelsim *sim)
{
	s64 first = REELSIM_NEVER;
	int wait;

	for (wait = 0; wait < WAITS; wait++)
		first = min(first, sim->due[wait]);
	return first;
}

/* The hall's own clock, which never goes back. What is due and was not met yet comes first, however late it is. */
s64 reelsim_now(struct reelsim *sim)
{
	sim->now = max_t(s64, sim->now, min_t(s64, ktime_get_ns() - sim->lag, earliest(sim)));
	return sim->now;
}

/* Wait for what is due next, if anything is. */
void reelsim_arm(struct reelsim *sim)
{
	s64 next = earliest(sim);

	if (sim->ended)
		return;
	if (next == REELSIM_NEVER)
		hrtimer_try_to_cancel(&sim->timer);
	else
		hrtimer_start(&sim->timer, ns_to_ktime(next + sim->lag), HRTIMER_MODE_ABS_HARD);
}

static void release_buttons(struct reelsim *sim)
{
	reelsim_drive_line(sim, LINE_READY, false);
	reelsim_drive_line(sim, LINE_START, false);
	reelsim_drive_line(sim, LINE_STOP, false);
}

/* Meet one instant; return the lines whose pulse follows from it. */
static unsigned long meet(struct reelsim *sim, enum reelsim_wait wait, s64 now)
{
	switch (wait) {
	case WAIT_FRAME:
		return reelsim_frame_passed(sim, now) ? BIT(LINE_TACHO) : 0;
	case WAIT_TIMECODE:
		return reelsim_timecode_passed(sim, now);
	case WAIT_OWED:
		return reelsim_owed_came(sim, now);
	case WAIT_RAW_TACHO:
		sim->due[wait] += div_s64(NSEC_PER_SEC, sim->raw_tacho_hz);
		return BIT(LINE_TACHO);
	default:
		break;
	}
	sim->due[wait] = REELSIM_NEVER;
	switch (wait) {
	case WAIT_SETTLE:
		if (sim->film.motion.target != reelsim_wanted_speed(sim))
			reelsim_drive(sim, now);
		break;
	case WAIT_STRIKE:
		sim->lamp_lit = !sim->lamp_bad;
		break;
	case WAIT_BUTTONS:
		release_buttons(sim);
		break;
	case WAIT_VIOLATION:
		reelsim_light_stayed(sim, now);
		break;
	default:
		break;
	}
	return 0;
}

/* Meet everything that is due; return the lines whose pulse begins. Called with the lock held. */
static unsigned long live(struct reelsim *sim, s64 now)
{
	unsigned long pulses = 0;
	int wait, line;

	for (wait = 0; wait < WAITS; wait++)
		if (sim->due[wait] <= now)
			pulses |= meet(sim, wait, now);
	for_each_set_bit(line, &pulses, LINES)
		reelsim_drive_line(sim, line, true);
	reelsim_feel(sim, now);
	return pulses;
}

static void end_pulses(struct reelsim *sim, unsigned long pulses)
{
	unsigned long flags;
	int line;

	raw_spin_lock_irqsave(&sim->lock, flags);
	for_each_set_bit(line, &pulses, LINES)
		reelsim_drive_line(sim, line, false);
	reelsim_arm(sim);
	raw_spin_unlock_irqrestore(&sim->lock, flags);
}

/*
 * A timer that comes later than this was not given the processor, and film time waits for it. Less is made up for by
 * the next frame: the mean of eight periods, by which a device judges, is then wrong by a sixteenth at most.
 */
static s64 too_late(const struct reelsim *sim)
{
	return div_s64(1000 * NSEC_PER_SEC / 2, sim->fps_milli);
}

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct reelsim *sim = container_of(timer, struct reelsim, timer);
	unsigned long flags, pulses = 0;
	s64 late;

	raw_spin_lock_irqsave(&sim->lock, flags);
	late = ktime_get_ns() - sim->lag - earliest(sim);
	if (late >= 0) {
		if (late > too_late(sim))
			sim->lag += late;
		sim->now = max_t(s64, sim->now, ktime_get_ns() - sim->lag);
		pulses = live(sim, sim->now);
	}
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	reelsim_deliver(sim);
	end_pulses(sim, pulses);
	reelsim_deliver(sim);
	return HRTIMER_NORESTART;
}

void reelsim_clock_init(struct reelsim *sim)
{
	int wait;

	raw_spin_lock_init(&sim->lock);
	for (wait = 0; wait < WAITS; wait++)
		sim->due[wait] = REELSIM_NEVER;
	/* The door is closed, the loop of the emergency stop is intact. */
	__set_bit(LINE_DOOR, sim->level);
	__set_bit(LINE_ESTOP, sim->level);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(&sim->timer, tick, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
#else
	hrtimer_init(&sim->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	sim->timer.function = tick;
#endif
}

/* Nothing moves any more, and nothing will. */
void reelsim_clock_end(struct reelsim *sim)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sim->lock, flags);
	sim->ended = true;
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	hrtimer_cancel(&sim->timer);
}
