// SPDX-License-Identifier: GPL-2.0-only
/*
 * The film's timecode and the sound that follows it: pulses that come 30 to a second, and what faults make of them.
 */
#include <linux/time64.h>

#include "reelsim.h"

/* Sound this far ahead is beyond what lip sync allows, either way: 267 ms. */
#define AHEAD_PULSES 8
/* Pulses that are made up for come this fast. */
#define OWED_NS (200 * NSEC_PER_USEC)

/*
 * The reader beside the gate sees one more mark, and the sound, which follows the film from its first mark on by a
 * clock of its own, has played as much. What a fault holds back is owed until it is mended.
 */
unsigned long reelsim_timecode_passed(struct reelsim *sim, s64 now)
{
	unsigned long pulses = BIT(LINE_TIMECODE) | BIT(LINE_SOUNDCLOCK);

	if (!sim->film.timecoded) {
		pulses |= BIT(LINE_TIMECODE_START);
		sim->timecode_owed = sim->sound_skips = 0;
		sim->sound_owed = sim->sound_ahead ? AHEAD_PULSES : 0;
		sim->due[WAIT_OWED] = sim->sound_owed ? now : REELSIM_NEVER;
	}
	sim->film.timecoded++;
	reelsim_expect(sim);
	if (sim->timecode_frozen) {
		sim->timecode_owed++;
		pulses &= ~BIT(LINE_TIMECODE);
	}
	if (sim->sound_skips) {
		sim->sound_skips--;
		pulses &= ~BIT(LINE_SOUNDCLOCK);
	}
	return pulses;
}

unsigned long reelsim_owed_came(struct reelsim *sim, s64 now)
{
	unsigned long pulses = 0;

	if (sim->timecode_owed && !sim->timecode_frozen) {
		sim->timecode_owed--;
		pulses |= BIT(LINE_TIMECODE);
	}
	if (sim->sound_owed) {
		sim->sound_owed--;
		pulses |= BIT(LINE_SOUNDCLOCK);
	}
	sim->due[WAIT_OWED] = pulses ? now + OWED_NS : REELSIM_NEVER;
	return pulses;
}

/* The sound runs ahead of the film, or is put right: then it waits for the film. */
void reelsim_put_sound(struct reelsim *sim, bool ahead, s64 now)
{
	if (sim->sound_ahead == ahead)
		return;
	sim->sound_ahead = ahead;
	if (ahead)
		sim->sound_owed += AHEAD_PULSES;
	else
		sim->sound_skips += AHEAD_PULSES;
	sim->due[WAIT_OWED] = now;
}

/* The reader of the timecode keeps seeing the same mark, or sees all those that it missed. */
void reelsim_read_timecode(struct reelsim *sim, bool frozen, s64 now)
{
	sim->timecode_frozen = frozen;
	if (!frozen && sim->timecode_owed)
		sim->due[WAIT_OWED] = now;
}
