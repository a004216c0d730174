// SPDX-License-Identifier: GPL-2.0-only
/*
 * Motor, dowser and rollers: what a projector does by itself, with no network and no controller alive.
 *
 * Light falls only on film that runs at speed under good tension; at the tail the device closes, mutes and stops
 * by itself; a break closes, mutes and stops, in that order, and latches. Lines are driven first, then it is told.
 */
#include <linux/math64.h>
#include <linux/module.h>

#include "reel.h"

/* What a loss of tension means. */
enum reel_loss {
	REEL_LOSS_NOTHING,	/* nobody pulls at the film, or its loose end is known already */
	REEL_LOSS_RUNOUT,
	REEL_LOSS_REWOUND,
	REEL_LOSS_BREAK,
};

/* Light off the film, and sound off the hall. */
static void reel_dark(struct reel *r)
{
	reel_line_set(r, REEL_OUT_DOWSER, false);
	reel_line_set(r, REEL_OUT_UNMUTE, false);
}

/* Dowser, mute, motor: in this order. Returns the instant at which all three lines were driven. */
static u64 reel_halt(struct reel *r)
{
	reel_dark(r);
	reel_line_set(r, REEL_OUT_MOTOR, false);
	return ktime_get_ns();
}

void reel_open_dowser(struct reel *r)
{
	if (r->s.dowser_open)
		return;
	reel_line_set(r, REEL_OUT_DOWSER, true);
	reel_line_set(r, REEL_OUT_UNMUTE, true);
	r->s.dowser_open = true;
	r->s.sound = REEL_SOUND_PLAY;
	reel_say(r, REEL_WORD_DOWSER, 1);
}

void reel_close_dowser(struct reel *r)
{
	reel_dark(r);
	r->s.sound = REEL_SOUND_MUTE;
	if (r->s.dowser_open) {
		r->s.dowser_open = false;
		reel_say(r, REEL_WORD_DOWSER, 0);
	}
	if (!r->s.lease_fed)
		reel_drive(r, REEL_MOTOR_STOP);
}

void reel_protect(struct reel *r)
{
	reel_halt(r);
	reel_close_dowser(r);
	reel_drive(r, REEL_MOTOR_STOP);
}

/* A safety fact: the lines first, then the word, then all else. */
void reel_trip(struct reel *r, enum reel_word word)
{
	u64 safe_ns = reel_halt(r);
	u64 seq = reel_say(r, word, 0);

	reel_protect(r);
	if (word != REEL_WORD_WATCHDOG)
		reel_reacted(r, seq, safe_ns);
}

/* Whether the film moved a moment ago, by motor or not. */
bool reel_moves(const struct reel *r)
{
	return r->pulse_ns && r->now - r->pulse_ns < r->board.stall_ns;
}

/* Whether the film is pulled, or still moves. */
static bool reel_turns(const struct reel *r)
{
	return r->s.motor != REEL_MOTOR_STOP || reel_moves(r);
}

/*
 * Bring the motor's lines to what is commanded. The direction never changes under power, nor while film that was
 * pulled the other way may still run.
 */
static void reel_power(struct reel *r)
{
	bool back = r->s.motor == REEL_MOTOR_REWIND;
	bool live = r->powered || reel_waits(r, REEL_TIMER_SETTLE) || reel_moves(r);

	if (r->s.motor == REEL_MOTOR_STOP || (back != r->backwards && live)) {
		reel_line_set(r, REEL_OUT_MOTOR, false);
		r->powered = false;
		reel_expect(r, REEL_TIMER_SETTLE, r->now + r->board.stall_ns);
		return;
	}
	reel_cancel(r, REEL_TIMER_SETTLE);
	if (back != r->backwards) {
		r->backwards = back;
		reel_line_set(r, REEL_OUT_DIRECTION, back);
	}
	r->pulses = 0;
	r->powered = true;
	reel_line_set(r, REEL_OUT_MOTOR, true);
	reel_expect(r, REEL_TIMER_SPINUP, r->now + r->board.spinup_ns);
}

/* What the motor is to do changes: light goes first. */
static void reel_begin(struct reel *r)
{
	r->s.at_speed = false;
	if (r->s.dowser_open)
		reel_close_dowser(r);
	reel_cancel(r, REEL_TIMER_RUNOUT);
	reel_cancel(r, REEL_TIMER_BREAK);
	reel_cancel(r, REEL_TIMER_STALL);
	reel_cancel(r, REEL_TIMER_SPINUP);
	r->reached = false;
	r->slow_ns = 0;
	if (r->s.motor != REEL_MOTOR_STOP) {
		r->winding_on = r->s.felt != REEL_TENSION_GOOD;
		r->run_out = false;
		r->head_off = false;
		reel_expect(r, REEL_TIMER_COUNT, r->now + reel_ms(REEL_COUNT_MS));
	}
	reel_power(r);
	reel_feel(r);
}

void reel_drive(struct reel *r, enum reel_motor motor)
{
	if (motor == r->s.motor)
		return;
	r->s.motor = motor;
	reel_begin(r);
}

/* No pulse came for a while after the power was taken off: the film stands. */
void reel_settled(struct reel *r)
{
	if (r->s.motor != REEL_MOTOR_STOP) {
		reel_power(r);
		return;
	}
	reel_cancel(r, REEL_TIMER_COUNT);
	reel_say(r, REEL_WORD_STOPPED, 0);
}

static enum reel_tension reel_rollers(struct reel *r)
{
	bool feed = reel_line_on(r, REEL_IN_FEED), takeup = reel_line_on(r, REEL_IN_TAKEUP);

	if (feed)
		return takeup ? REEL_TENSION_GOOD : REEL_TENSION_TAKEUP;
	return takeup ? REEL_TENSION_FEED : REEL_TENSION_SLACK;
}

static enum reel_loss reel_loss(const struct reel *r)
{
	if (r->run_out || r->head_off || r->winding_on || !reel_turns(r))
		return REEL_LOSS_NOTHING;
	if (r->past_tail && !r->backwards)
		return REEL_LOSS_RUNOUT;
	if (r->backwards && r->s.frame <= r->board.leader_frames)
		return REEL_LOSS_REWOUND;
	return r->s.motor != REEL_MOTOR_STOP ? REEL_LOSS_BREAK : REEL_LOSS_NOTHING;
}

static void reel_broke(struct reel *r)
{
	r->s.ready = false;
	reel_trip(r, REEL_WORD_BREAK);
}

/* The end of the film left the feed roller, or the time is over that it was given since the tail. */
static void reel_ended(struct reel *r)
{
	u64 safe_ns = reel_halt(r);
	bool ran = r->s.motor != REEL_MOTOR_STOP;

	reel_protect(r);
	if (ran)
		reel_reacted(r, r->tail_seq, safe_ns);
}

/* Tension is lost: the dowser is closed already. Act on what the loss means. */
static void reel_lost(struct reel *r, enum reel_loss loss)
{
	switch (loss) {
	case REEL_LOSS_NOTHING:
		return;
	case REEL_LOSS_RUNOUT:
		r->run_out = true;
		reel_ended(r);
		return;
	case REEL_LOSS_REWOUND:
		r->head_off = true;
		r->s.frame = 0;
		reel_protect(r);
		reel_say(r, REEL_WORD_REWOUND, 0);
		return;
	case REEL_LOSS_BREAK:
		if (r->s.felt == REEL_TENSION_SLACK)
			reel_broke(r);
		else if (!reel_waits(r, REEL_TIMER_BREAK))
			reel_expect(r, REEL_TIMER_BREAK, r->now + r->board.break_ns);
		return;
	}
}

/* Read the rollers. Any loss of tension closes the dowser at once; then it is told what the loss means. */
void reel_feel(struct reel *r)
{
	enum reel_tension felt = reel_rollers(r), before = r->s.felt;
	enum reel_loss loss;

	if (felt != REEL_TENSION_GOOD)
		reel_dark(r);
	r->s.felt = felt;
	if (felt == REEL_TENSION_GOOD)
		r->winding_on = false;
	loss = felt == REEL_TENSION_GOOD ? REEL_LOSS_NOTHING : reel_loss(r);
	if (loss == REEL_LOSS_BREAK && felt == REEL_TENSION_SLACK)
		reel_line_set(r, REEL_OUT_MOTOR, false);
	if (felt != before)
		reel_say(r, REEL_WORD_TENSION, felt);
	if (felt == REEL_TENSION_GOOD) {
		reel_cancel(r, REEL_TIMER_BREAK);
		return;
	}
	reel_close_dowser(r);
	reel_lost(r, loss);
}

/* One roller was slack for long enough; look once more, for its interrupt may wait behind this one. */
void reel_break_due(struct reel *r)
{
	reel_feel(r);
	if (r->s.felt != REEL_TENSION_GOOD && reel_loss(r) == REEL_LOSS_BREAK)
		reel_broke(r);
}

void reel_runout_due(struct reel *r)
{
	reel_ended(r);
}

/*
 * The tail of the film lies at its sensor, or no longer. Only film that runs forward tells that a reel ends; the
 * sensor may flicker then.
 */
void reel_tail_moved(struct reel *r, bool at_sensor)
{
	bool turns = reel_turns(r);

	if (!at_sensor && turns && r->backwards)
		r->past_tail = false;
	if (!at_sensor || r->past_tail || (turns && r->backwards))
		return;
	r->past_tail = true;
	r->tail_frame = r->s.frame;
	if (!turns)
		return;
	r->s.ready = false;
	r->tail_seq = reel_say(r, REEL_WORD_TAIL, 0);
	if (r->s.motor == REEL_MOTOR_RUN)
		reel_expect(r, REEL_TIMER_RUNOUT, r->now + r->board.runout_ns);
}

/*
 * Somebody says that the film is threaded, by READY or by starting it: if it stands and its tail is no longer at
 * the sensor, it lies there head first.
 */
void reel_threaded(struct reel *r)
{
	if (!r->past_tail || reel_turns(r) || reel_line_on(r, REEL_IN_TAIL))
		return;
	r->past_tail = false;
	r->s.frame = 0;
}

/* While film is in the path this module cannot be unloaded: it guards the film. */
static void reel_hold(struct reel *r, bool hold)
{
	if (hold && !r->held) {
		r->held = try_module_get(THIS_MODULE);
	} else if (!hold && r->held) {
		r->held = false;
		module_put(THIS_MODULE);
	}
}

static void reel_film_in(struct reel *r)
{
	r->s.film = true;
	r->s.frame = 0;
	r->past_tail = reel_line_on(r, REEL_IN_TAIL);
	r->tail_frame = 0;
	reel_hold(r, true);
	reel_say(r, REEL_WORD_FILMIN, 0);
	reel_feel(r);
}

static void reel_film_out(struct reel *r)
{
	reel_protect(r);
	reel_say(r, REEL_WORD_FILMOUT, 0);
	r->s.film = false;
	r->s.frame = 0;
	r->past_tail = false;
	r->s.felt = REEL_TENSION_SLACK;
	reel_hold(r, false);
}

/*
 * Film came into the gate, or left it. Film that runs and is taut is there, whatever this sensor says: that it is
 * gone is believed once it stands, or hangs loose.
 */
void reel_film_moved(struct reel *r, bool in)
{
	reel_cancel(r, REEL_TIMER_FILM);
	if (in == r->s.film)
		return;
	if (!in && reel_turns(r) && r->s.felt == REEL_TENSION_GOOD) {
		reel_expect(r, REEL_TIMER_FILM, r->now + reel_ms(REEL_FILM_MS));
		return;
	}
	r->s.ready = false;
	r->run_out = false;
	r->head_off = false;
	r->winding_on = false;
	if (in)
		reel_film_in(r);
	else
		reel_film_out(r);
}

void reel_film_due(struct reel *r)
{
	reel_film_moved(r, reel_line_on(r, REEL_IN_FILM));
}
