// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the film is: one change of speed, computed and never stepped, so that no reader's rhythm matters.
 */
#include <linux/math64.h>
#include <linux/minmax.h>

#include "reelsim.h"

/* a x b / divisor without overflow in between, rounded towards 0; b and divisor are not negative. */
s64 reelsim_times(s64 a, s64 b, s64 divisor)
{
	u64 size = mul_u64_u64_div_u64(a < 0 ? -a : a, b, divisor);

	return a < 0 ? -(s64)size : (s64)size;
}

s64 reelsim_position(const struct reelsim_motion *motion, s64 at)
{
	s64 gone = at - motion->since;

	if (gone >= motion->ramp)
		return motion->start + (motion->speed + motion->target) * motion->ramp / 2 +
		       motion->target * (gone - motion->ramp);
	return motion->start + motion->speed * gone +
	       reelsim_times((motion->target - motion->speed) * gone, gone, 2 * motion->ramp);
}

s64 reelsim_speed(const struct reelsim_motion *motion, s64 at)
{
	s64 gone = at - motion->since;

	if (gone >= motion->ramp)
		return motion->target;
	return motion->speed + reelsim_times(motion->target - motion->speed, gone, motion->ramp);
}

void reelsim_towards(struct reelsim_motion *motion, s64 target, s64 at, s64 ramp)
{
	s64 speed = reelsim_speed(motion, at);

	motion->start = reelsim_position(motion, at);
	motion->since = at;
	motion->speed = speed;
	motion->target = target;
	motion->ramp = ramp;
}

void reelsim_stand(struct reelsim_motion *motion, s64 position, s64 at)
{
	*motion = (struct reelsim_motion){ .start = position, .since = at };
}

static s64 within_ramp(const struct reelsim_motion *motion, s64 position, int ahead)
{
	s64 low = motion->since, high = motion->since + motion->ramp;

	while (low < high) {
		s64 middle = low + (high - low) / 2;

		if (ahead * (reelsim_position(motion, middle) - position) >= 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The first instant at which the film, on its way, is at position or beyond. */
s64 reelsim_reaches(const struct reelsim_motion *motion, s64 position)
{
	s64 settles = motion->since + motion->ramp, left;
	int ahead = max(motion->speed, motion->target) > 0 ? 1 : -1;

	if (!motion->speed && !motion->target)
		return REELSIM_NEVER;
	if (ahead * (motion->start - position) >= 0)
		return motion->since;
	left = ahead * (position - reelsim_position(motion, settles));
	if (left <= 0)
		return within_ramp(motion, position, ahead);
	if (!motion->target)
		return REELSIM_NEVER;
	return settles + DIV64_U64_ROUND_UP(left, abs(motion->target));
}
