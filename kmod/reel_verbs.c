// SPDX-License-Identifier: GPL-2.0-only
/* What an admitted command does, and what keeps it from doing it. Verbs are absolute, never toggles. */
#include <linux/kernel.h>
#include <linux/string.h>

#include "reel.h"

struct reel_verb {
	const char *verb;
	const char *arg;
	unsigned int roles;
	const char *(*act)(struct reel *r, unsigned int arg);
	unsigned int to;
};

/* Film must be there and taut; nothing runs behind its tail; what never hears a ping does not start. */
static const char *reel_motor(struct reel *r, unsigned int motor)
{
	bool taut = r->s.felt == REEL_TENSION_GOOD || (motor == REEL_MOTOR_REWIND && r->run_out);
	bool over;

	if (motor == REEL_MOTOR_RUN)
		reel_threaded(r);
	over = motor == REEL_MOTOR_RUN && r->past_tail;
	if (motor != REEL_MOTOR_STOP && (reel_barred(r) || !r->s.lease_fed || !r->s.film || !taut || over))
		return REEL_ANSWER_REFUSED_INTERLOCK;
	reel_drive(r, motor);
	return REEL_ANSWER_OK;
}

static const char *reel_dowser(struct reel *r, unsigned int open)
{
	if (!open) {
		reel_close_dowser(r);
		return REEL_ANSWER_OK;
	}
	if (!reel_light_allowed(r))
		return REEL_ANSWER_REFUSED_INTERLOCK;
	reel_open_dowser(r);
	return REEL_ANSWER_OK;
}

static const char *reel_lamp(struct reel *r, unsigned int on)
{
	if (on)
		return reel_lamp_on(r);
	reel_lamp_off(r);
	return REEL_ANSWER_OK;
}

static const char *reel_lights(struct reel *r, unsigned int lights)
{
	r->s.lights = lights;
	reel_line_set(r, REEL_OUT_DIM, lights == REEL_LIGHTS_DOWN);
	return REEL_ANSWER_OK;
}

static const char *reel_sound(struct reel *r, unsigned int sound)
{
	return reel_sound_set(r, sound);
}

static const char *reel_safe_stop(struct reel *r, unsigned int none)
{
	if (r->role == REEL_ROLE_SOUND)
		return reel_sound_set(r, REEL_SOUND_MUTE);
	reel_protect(r);
	return REEL_ANSWER_OK;
}

/**
 * reel_cause() - tell whether what sets a latch is still there, as far as any sensor can tell while film stands.
 * @r: the device, locked
 * @latch: which one
 */
bool reel_cause(struct reel *r, enum reel_latch latch)
{
	bool loose = r->s.film && r->s.felt != REEL_TENSION_GOOD;

	if (r->role != REEL_ROLE_PROJECTION)
		return false;
	switch (latch) {
	case REEL_LATCH_BREAK:
		return loose && !(r->run_out || r->head_off || r->winding_on);
	case REEL_LATCH_OVERSPEED:	/* a motor that runs away runs on */
		return r->s.motor == REEL_MOTOR_STOP && !reel_waits(r, REEL_TIMER_SETTLE) && reel_moves(r);
	case REEL_LATCH_LAMPFAIL:	/* a sensor that sees a lamp which is off sees no lamp that fails */
		return (r->s.lamp == REEL_LAMP_COLD || r->s.lamp == REEL_LAMP_FAILED) &&
		       reel_line_on(r, REEL_IN_LAMP_SENSE);
	case REEL_LATCH_ESTOP:
		return r->s.estop;
	default:
		return false;
	}
}

static const char *reel_clear(struct reel *r, unsigned int none)
{
	enum reel_latch latch;

	for (latch = 0; latch < REEL_LATCHES; latch++)
		if (r->s.latched[latch] && reel_cause(r, latch))
			return REEL_ANSWER_REFUSED_INTERLOCK;
	memset(r->s.latched, 0, sizeof(r->s.latched));
	if (r->s.lamp == REEL_LAMP_FAILED)
		r->s.lamp = REEL_LAMP_COLD;
	return REEL_ANSWER_OK;
}

#define PROJECTION BIT(REEL_ROLE_PROJECTION)
#define SOUND BIT(REEL_ROLE_SOUND)

static const struct reel_verb reel_verbs[] = {
	{ "motor", "stop", PROJECTION, reel_motor, REEL_MOTOR_STOP },
	{ "motor", "run", PROJECTION, reel_motor, REEL_MOTOR_RUN },
	{ "motor", "rewind", PROJECTION, reel_motor, REEL_MOTOR_REWIND },
	{ "dowser", "open", PROJECTION, reel_dowser, true },
	{ "dowser", "close", PROJECTION, reel_dowser, false },
	{ "lamp", "on", PROJECTION, reel_lamp, true },
	{ "lamp", "off", PROJECTION, reel_lamp, false },
	{ "lights", "up", PROJECTION, reel_lights, REEL_LIGHTS_UP },
	{ "lights", "down", PROJECTION, reel_lights, REEL_LIGHTS_DOWN },
	{ "sound", "play", SOUND, reel_sound, REEL_SOUND_PLAY },
	{ "sound", "mute", SOUND, reel_sound, REEL_SOUND_MUTE },
	{ "sound", "analog", SOUND, reel_sound, REEL_SOUND_ANALOG },
	{ "safe_stop", "", PROJECTION | SOUND, reel_safe_stop },
	{ "clear", "", PROJECTION | SOUND, reel_clear },
};

/* Carry out an admitted command. Under LOCAL hands are in the machine: only safe_stop is obeyed. */
const char *reel_act(struct reel *r, const struct reel_order *order)
{
	const struct reel_verb *verb, *end = reel_verbs + ARRAY_SIZE(reel_verbs);

	for (verb = reel_verbs; verb < end; verb++)
		if ((verb->roles & BIT(r->role)) && !strcmp(verb->verb, order->verb) && !strcmp(verb->arg, order->arg))
			break;
	if (r->s.local && (verb == end || verb->act != reel_safe_stop))
		return REEL_ANSWER_REFUSED_LOCAL;
	if (verb == end)
		return REEL_ANSWER_REFUSED_VERB;
	return verb->act(r, verb->to);
}
