// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sound rack: one pulse for each 1/30 s of film that passed the timecode reader, one for each 1/30 s of sound
 * that the rack has come along. Both are counted here, so both are sampled by one clock.
 */
#include <linux/math64.h>

#include "reel.h"

#define REEL_PULSES_A_SECOND 30

static u64 reel_pulses_us(u64 pulses)
{
	return div_u64(pulses * USEC_PER_SEC, REEL_PULSES_A_SECOND);
}

/* Once a second: where film and sound are, while either moves. */
void reel_timecode_due(struct reel *r)
{
	if (!r->ticked)
		return;
	r->ticked = false;
	reel_say_timecode(r, reel_pulses_us(r->film_pulses), reel_pulses_us(r->sound_pulses));
}

const char *reel_sound_set(struct reel *r, enum reel_sound sound)
{
	reel_line_set(r, REEL_OUT_ANALOG, sound == REEL_SOUND_ANALOG);
	reel_line_set(r, REEL_OUT_UNMUTE, sound != REEL_SOUND_MUTE);
	r->s.sound = sound;
	return REEL_ANSWER_OK;
}
