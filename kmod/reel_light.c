// SPDX-License-Identifier: GPL-2.0-only
/*
 * When light may fall on film: the rule, and the questions by which the self-test proves that it refuses.
 *
 * Nobody can bring a projector into these states for a test, least of all one with an empty path. So they are made
 * up in the device's own state, under its lock, and put back before anybody sees them. The rule moves no line.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "reel.h"

/* What keeps motor and light off, whatever the film does. */
bool reel_barred(const struct reel *r)
{
	return r->s.estop || reel_latched(r);
}

/* Taut, and at speed; a dowser that is open already is closed by whatever ends that, at once. */
bool reel_light_allowed(struct reel *r)
{
	if (reel_barred(r) || r->s.felt != REEL_TENSION_GOOD)
		return false;
	if (!r->s.dowser_open && !reel_speed_holds(r))
		return false;
	return true;
}

/* In each of them one thing alone forbids light. With an open dowser nobody asks for the speed. */
struct reel_question {
	enum reel_tension felt;
	enum reel_motor motor;
	bool at_speed;
	bool estop;
	bool broken;
	bool open;
	bool allowed;
};

static const struct reel_question reel_questions[] = {
	{ .open = true, .allowed = true },	/* nothing forbids it: what is left out is as it must be */
	{ .open = true, .felt = REEL_TENSION_FEED },
	{ .open = true, .felt = REEL_TENSION_TAKEUP },
	{ .open = true, .felt = REEL_TENSION_SLACK },
	{ .open = true, .estop = true },
	{ .open = true, .broken = true },
	{ .motor = REEL_MOTOR_STOP },
	{ .motor = REEL_MOTOR_STOP, .at_speed = true },
	{ .motor = REEL_MOTOR_RUN },		/* not at speed yet */
	{ .motor = REEL_MOTOR_REWIND, .at_speed = true },
};

/**
 * reel_light_rule_holds() - ask the rule for light about made-up states.
 * @r: the device, locked
 */
bool reel_light_rule_holds(struct reel *r)
{
	const struct reel_question *each, *end = reel_questions + ARRAY_SIZE(reel_questions);
	struct reel_state real = r->s;
	bool holds = true;

	for (each = reel_questions; each < end; each++) {
		memset(r->s.latched, 0, sizeof(r->s.latched));
		r->s.latched[REEL_LATCH_BREAK] = each->broken;
		r->s.estop = each->estop;
		r->s.felt = each->felt;
		r->s.motor = each->motor;
		r->s.at_speed = each->at_speed;
		r->s.dowser_open = each->open;
		holds &= reel_light_allowed(r) == each->allowed;
	}
	r->s = real;
	return holds;
}
