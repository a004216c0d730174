// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tachometer: one pulse a frame. It counts frames, and says whether the film runs as fast as it should.
 *
 * Speed is judged by the mean of eight periods, never by one: a tachometer's disc need not run true.
 */
#include <linux/math64.h>

#include "reel.h"

/* 16 mm film is rewound fastest in frames: 166 ft/min x 40 frames/ft, 461 % of its 24 frames a second. */
#define REEL_REWIND_PERCENT 461

#define REEL_PARDON_MS 10
#define REEL_BUSY_MS 20
#define REEL_TAIL_SLIP_FRAMES 24	/* the counter is never this far off */

static u64 reel_since(const struct reel *r, unsigned int periods)
{
	u64 newest = r->pulses - 1;

	return r->stamps[newest % ARRAY_SIZE(r->stamps)] - r->stamps[(newest - periods) % ARRAY_SIZE(r->stamps)];
}

static bool reel_near(u64 span, u64 wanted, unsigned int percent)
{
	u64 off = span > wanted ? span - wanted : wanted - span;

	return off * 100 <= wanted * percent;
}

/* Forward the speed is that of the board. How fast a rewinder is nobody knows: it is at speed when it is steady. */
static bool reel_steady(const struct reel *r)
{
	u64 span = reel_since(r, REEL_AT_SPEED_PERIODS);
	u64 newer = reel_since(r, REEL_AT_SPEED_PERIODS / 2);

	if (r->s.motor == REEL_MOTOR_RUN)
		return reel_near(span, r->board.period_ns * REEL_AT_SPEED_PERIODS, REEL_AT_SPEED_TOLERANCE_PERCENT);
	return reel_near(newer, span - newer, REEL_AT_SPEED_TOLERANCE_PERCENT);
}

static bool reel_too_fast(const struct reel *r)
{
	u64 limit = REEL_OVERSPEED_PERCENT;

	if (r->s.motor == REEL_MOTOR_REWIND)
		limit = limit * REEL_REWIND_PERCENT / 100;
	return reel_since(r, REEL_AT_SPEED_PERIODS) * limit < r->board.period_ns * REEL_AT_SPEED_PERIODS * 100;
}

/* Film below half its speed is no projection, and its light soon no light but heat: once it lasts, a stall. */
static bool reel_too_slow(struct reel *r)
{
	u64 span = reel_since(r, REEL_AT_SPEED_PERIODS);

	if (r->s.motor != REEL_MOTOR_RUN || span <= 2 * r->board.period_ns * REEL_AT_SPEED_PERIODS) {
		r->slow_ns = 0;
		return false;
	}
	if (!r->slow_ns)
		r->slow_ns = r->now;
	return r->now - r->slow_ns >= r->board.stall_ns;
}

/* A stall is confirmed when the time is over; its last ms are a time of their own, see below. */
static void reel_expect_pulse(struct reel *r)
{
	u64 most_ns = r->board.stall_ns;

	r->pardoned = false;
	reel_expect(r, REEL_TIMER_STALL, r->now + most_ns - min(most_ns, reel_ms(REEL_PARDON_MS)));
}

static void reel_reached_speed(struct reel *r)
{
	r->s.at_speed = true;
	r->reached = true;
	reel_cancel(r, REEL_TIMER_SPINUP);
	reel_expect_pulse(r);
	reel_say(r, REEL_WORD_ATSPEED, 0);
	r->winding_on = false;
	if (r->s.felt != REEL_TENSION_GOOD)
		reel_feel(r);
}

static void reel_judge(struct reel *r)
{
	if (r->pulses <= REEL_AT_SPEED_PERIODS)
		return;
	if (reel_too_fast(r))
		reel_trip(r, REEL_WORD_OVERSPEED);
	else if (!r->s.at_speed && reel_steady(r))
		reel_reached_speed(r);
	else if (r->reached && reel_too_slow(r))
		reel_trip(r, REEL_WORD_STALL);
}

void reel_pulse(struct reel *r)
{
	if (!r->backwards)
		r->s.frame++;
	else if (r->s.frame)
		r->s.frame--;
	/* A tail that was seen in mid-reel was none. */
	if (r->backwards && r->s.frame + REEL_TAIL_SLIP_FRAMES < r->tail_frame && !r->in[REEL_IN_TAIL].on)
		r->past_tail = false;
	r->pulse_ns = r->now;
	if (reel_waits(r, REEL_TIMER_SETTLE))
		reel_expect(r, REEL_TIMER_SETTLE, r->now + r->board.stall_ns);
	if (!r->powered)
		return;
	if (r->reached)
		reel_expect_pulse(r);
	r->stamps[r->pulses++ % ARRAY_SIZE(r->stamps)] = r->now;
	reel_judge(r);
}

/**
 * reel_speed_holds() - tell whether film that was at speed is so at this instant, before light falls on it.
 * @r: the device, locked
 *
 * Film that stands since a moment, or goes on slowly after it stood, is not; then `atspeed` is said again when it
 * is, within the time that a motor has for it. This is laxer than what reaching speed takes: a processor that was
 * busy for some ms must not darken a show.
 */
bool reel_speed_holds(struct reel *r)
{
	u64 most_ns = div_u64(r->board.period_ns * REEL_AT_SPEED_PERIODS * REEL_OVERSPEED_PERCENT, 100) +
		      max(2 * r->board.period_ns, reel_ms(REEL_BUSY_MS));

	if (!r->s.at_speed || r->s.motor != REEL_MOTOR_RUN)
		return false;
	if (reel_since(r, REEL_AT_SPEED_PERIODS) + r->now - r->pulse_ns < most_ns)
		return true;
	r->s.at_speed = false;
	reel_expect(r, REEL_TIMER_SPINUP, r->now + r->board.spinup_ns);
	return false;
}

void reel_spinup_due(struct reel *r)
{
	reel_trip(r, REEL_WORD_STALL);
}

/*
 * No pulse for too long. A processor that was away may come back with the
 * timer due and the pulse's own interrupt behind it: the last ms are counted from when the timer is really served.
 */
void reel_stall_due(struct reel *r)
{
	if (!r->pardoned) {
		r->pardoned = true;
		reel_expect(r, REEL_TIMER_STALL, max(ktime_get_ns(), r->edge) + reel_ms(REEL_PARDON_MS));
		return;
	}
	reel_trip(r, REEL_WORD_STALL);
}
