// SPDX-License-Identifier: GPL-2.0-only
/* The lamp: struck once, kept lit through a show; its sensor has the last word. */
#include "reel.h"

static void reel_lamp_failed(struct reel *r)
{
	r->s.lamp = REEL_LAMP_FAILED;
	reel_cancel(r, REEL_TIMER_STRIKE);
	reel_line_set(r, REEL_OUT_LAMP, false);
	reel_say(r, REEL_WORD_LAMPFAIL, 0);
}

const char *reel_lamp_on(struct reel *r)
{
	if (r->s.estop || r->s.latched[REEL_LATCH_LAMPFAIL])
		return REEL_ANSWER_REFUSED_INTERLOCK;
	if (r->s.lamp == REEL_LAMP_STRIKING || r->s.lamp == REEL_LAMP_LIT)
		return REEL_ANSWER_OK;
	r->s.lamp = REEL_LAMP_STRIKING;
	reel_cancel(r, REEL_TIMER_COOL);
	reel_expect(r, REEL_TIMER_STRIKE, r->now + reel_ms(REEL_STRIKE_MS));
	reel_line_set(r, REEL_OUT_LAMP, true);
	if (reel_line_on(r, REEL_IN_LAMP_SENSE))
		reel_lamp_seen(r, true);	/* it had not gone out yet */
	return REEL_ANSWER_OK;
}

void reel_lamp_off(struct reel *r)
{
	if (r->s.lamp != REEL_LAMP_STRIKING && r->s.lamp != REEL_LAMP_LIT)
		return;
	r->s.lamp = REEL_LAMP_COOLING;
	reel_line_set(r, REEL_OUT_LAMP, false);
	reel_cancel(r, REEL_TIMER_STRIKE);
	reel_expect(r, REEL_TIMER_COOL, r->now + reel_ms(REEL_COOL_MS));
}

static void reel_cold(struct reel *r)
{
	r->s.lamp = REEL_LAMP_COLD;
	reel_say(r, REEL_WORD_LAMPOFF, 0);
}

/* The lamp's sensor changed. */
void reel_lamp_seen(struct reel *r, bool lit)
{
	if (lit && r->s.lamp == REEL_LAMP_STRIKING) {
		r->s.lamp = REEL_LAMP_LIT;
		reel_cancel(r, REEL_TIMER_STRIKE);
		reel_say(r, REEL_WORD_LAMPON, 0);
	} else if (!lit && r->s.lamp == REEL_LAMP_LIT) {
		reel_lamp_failed(r);
	} else if (!lit && r->s.lamp == REEL_LAMP_COOLING && !reel_waits(r, REEL_TIMER_COOL)) {
		reel_cold(r);
	}
}

void reel_strike_due(struct reel *r)
{
	reel_lamp_failed(r);
}

void reel_cool_due(struct reel *r)
{
	if (!reel_line_on(r, REEL_IN_LAMP_SENSE))
		reel_cold(r);
}
