// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device's GPIO lines. What is momentary (a pulse, a button) is a fact by its interrupt alone; of all else the
 * line's level is the fact, so that an edge which was lost is made up for by the next look.
 */
#include <linux/interrupt.h>

#include "reel.h"

struct reel_input_kind {
	const char *name;
	enum reel_role role;
	bool momentary;
	bool optional;
	bool if_unreadable;	/* the level that a line has while its chip fails */
};

static const struct reel_input_kind reel_input_kinds[REEL_INS] = {
	[REEL_IN_TACHO] = { "tacho", .momentary = true },
	[REEL_IN_FEED] = { "feed" },
	[REEL_IN_TAKEUP] = { "takeup" },
	[REEL_IN_FILM] = { "film" },
	[REEL_IN_TAIL] = { "tail" },
	[REEL_IN_LAMP_SENSE] = { "lamp-sense" },
	[REEL_IN_DOOR] = { "door" },
	[REEL_IN_READY] = { "ready", .momentary = true },
	[REEL_IN_START] = { "start", .momentary = true },
	[REEL_IN_STOP] = { "stop", .momentary = true },
	[REEL_IN_LOCAL] = { "local", .if_unreadable = true },
	[REEL_IN_ESTOP] = { "estop", .if_unreadable = true },
	[REEL_IN_TIMECODE] = { "timecode", REEL_ROLE_SOUND, .momentary = true, .optional = true },
	[REEL_IN_TIMECODE_START] = { "timecode-start", REEL_ROLE_SOUND, .momentary = true, .optional = true },
	[REEL_IN_SOUNDCLOCK] = { "soundclock", REEL_ROLE_SOUND, .momentary = true, .optional = true },
};

struct reel_output_kind {
	const char *name;
	unsigned int roles;
	bool at_once;	/* set in interrupts: its chip must not sleep */
	bool optional;
};

static const struct reel_output_kind reel_output_kinds[REEL_OUTS] = {
	[REEL_OUT_DOWSER] = { "dowser", BIT(REEL_ROLE_PROJECTION), true },
	[REEL_OUT_UNMUTE] = { "unmute", BIT(REEL_ROLE_PROJECTION) | BIT(REEL_ROLE_SOUND), true },
	[REEL_OUT_MOTOR] = { "motor", BIT(REEL_ROLE_PROJECTION), true },
	[REEL_OUT_DIRECTION] = { "direction", BIT(REEL_ROLE_PROJECTION), true },
	[REEL_OUT_LAMP] = { "lamp", BIT(REEL_ROLE_PROJECTION), false },
	[REEL_OUT_DIM] = { "dim", BIT(REEL_ROLE_PROJECTION), false },
	[REEL_OUT_ANALOG] = { "analog", BIT(REEL_ROLE_SOUND), false },
	[REEL_OUT_ALIVE] = { "alive", BIT(REEL_ROLE_PROJECTION) | BIT(REEL_ROLE_SOUND), true, true },
};

static void reel_button(struct reel *r, struct reel_input *in, enum reel_word word)
{
	bool bounces = in->told_ns && r->now - in->told_ns < reel_ms(REEL_DEBOUNCE_MS);

	in->told_ns = r->now;
	if (bounces)
		return;
	if (word == REEL_WORD_READY) {
		reel_threaded(r);
		r->s.ready = true;
	}
	reel_say(r, word, 0);
}

static void reel_estop_moved(struct reel *r, bool pressed)
{
	r->s.estop = pressed;
	if (pressed)
		reel_trip(r, REEL_WORD_ESTOP);
	else
		reel_say(r, REEL_WORD_ESTOPCLEAR, 0);
}

/* An input spoke: a momentary one was active, any other is now on or off. */
static void reel_input_told(struct reel *r, struct reel_input *in)
{
	switch (in->id) {
	case REEL_IN_TACHO:
		return reel_pulse(r);
	case REEL_IN_FEED:
	case REEL_IN_TAKEUP:
		return reel_feel(r);
	case REEL_IN_FILM:
		return reel_film_moved(r, in->on);
	case REEL_IN_TAIL:
		return reel_tail_moved(r, in->on);
	case REEL_IN_LAMP_SENSE:
		return reel_lamp_seen(r, in->on);
	case REEL_IN_DOOR:
		r->s.door_open = !in->on;
		reel_say(r, REEL_WORD_DOOR, r->s.door_open);
		return;
	case REEL_IN_READY:
		return reel_button(r, in, REEL_WORD_READY);
	case REEL_IN_START:
		return reel_button(r, in, REEL_WORD_START);
	case REEL_IN_STOP:
		return reel_button(r, in, REEL_WORD_STOP);
	case REEL_IN_LOCAL:
		r->s.local = in->on;
		reel_say(r, REEL_WORD_LOCAL, in->on);
		return;
	case REEL_IN_ESTOP:
		return reel_estop_moved(r, in->on);
	case REEL_IN_TIMECODE:
		r->film_pulses++;
		r->ticked = true;
		return;
	case REEL_IN_TIMECODE_START:
		r->film_pulses = 0;
		r->sound_pulses = 0;
		return;
	case REEL_IN_SOUNDCLOCK:
		r->sound_pulses++;
		r->ticked = true;
		return;
	case REEL_INS:
		return;
	}
}

static void reel_input_level(struct reel *r, struct reel_input *in, int level)
{
	bool on = level < 0 ? reel_input_kinds[in->id].if_unreadable : level;

	if (on == in->on)
		return;
	in->on = on;
	reel_input_told(r, in);
}

/* The hard half: acts by itself, under the device's lock; what is to be told goes to the thread. */
static irqreturn_t reel_input_hard(int irq, void *data)
{
	u64 stamp = ktime_get_ns();
	struct reel_input *in = data;
	struct reel *r = in->reel;
	unsigned long flags = reel_enter(r, stamp);

	if (r->going)
		;
	else if (reel_input_kinds[in->id].momentary)
		reel_input_told(r, in);
	else
		reel_input_level(r, in, gpiod_get_value(in->gpiod));
	reel_leave(r, flags);
	return IRQ_HANDLED;
}

/* A line on a chip that sleeps can be read in a thread only. */
static irqreturn_t reel_input_slow(int irq, void *data)
{
	u64 stamp = ktime_get_ns();
	struct reel_input *in = data;
	struct reel *r = in->reel;
	bool momentary = reel_input_kinds[in->id].momentary;
	int level = momentary ? 1 : gpiod_get_value_cansleep(in->gpiod);
	unsigned long flags = reel_enter(r, stamp);

	if (r->going)
		;
	else if (momentary)
		reel_input_told(r, in);
	else
		reel_input_level(r, in, level);
	reel_leave(r, flags);
	return IRQ_HANDLED;
}

/* Look at every line that can be looked at here: an edge that was lost is made up for. */
void reel_lines_look(struct reel *r)
{
	struct reel_input *in;

	for (in = r->in; in < r->in + REEL_INS; in++)
		if (in->gpiod && !in->sleeps && !reel_input_kinds[in->id].momentary)
			reel_input_level(r, in, gpiod_get_value(in->gpiod));
}

/* The level of an input now, without telling it. */
bool reel_line_on(struct reel *r, enum reel_in id)
{
	struct reel_input *in = &r->in[id];
	int level;

	if (in->gpiod && !in->sleeps) {
		level = gpiod_get_value(in->gpiod);
		in->on = level < 0 ? reel_input_kinds[id].if_unreadable : level;
	}
	return in->on;
}

void reel_line_set(struct reel *r, enum reel_out id, bool on)
{
	struct reel_output *out = &r->out[id];

	out->on = on;
	if (!out->gpiod)
		return;
	if (out->sleeps)
		out->late = r->late = true;
	else
		gpiod_set_value(out->gpiod, on);
}

/* Inactive is safe, on every line. */
void reel_lines_safe(struct reel *r)
{
	enum reel_out id;

	for (id = 0; id < REEL_OUTS; id++)
		reel_line_set(r, id, false);
}

/* Set the lines on chips that sleep. Called by the thread, and when the device goes. */
void reel_lines_late(struct reel *r)
{
	struct reel_output *out;
	unsigned long flags;
	bool late, on;

	raw_spin_lock_irqsave(&r->lock, flags);
	late = r->late;
	r->late = false;
	raw_spin_unlock_irqrestore(&r->lock, flags);
	if (!late)
		return;
	for (out = r->out; out < r->out + REEL_OUTS; out++) {
		raw_spin_lock_irqsave(&r->lock, flags);
		late = out->late;
		on = out->on;
		out->late = false;
		raw_spin_unlock_irqrestore(&r->lock, flags);
		if (late)
			gpiod_set_value_cansleep(out->gpiod, on);
	}
}

static int reel_output_get(struct reel *r, enum reel_out id)
{
	const struct reel_output_kind *kind = &reel_output_kinds[id];
	struct reel_output *out = &r->out[id];

	if (!(kind->roles & BIT(r->role)))
		return 0;
	out->gpiod = kind->optional ? devm_gpiod_get_optional(r->dev, kind->name, GPIOD_OUT_LOW) :
				      devm_gpiod_get(r->dev, kind->name, GPIOD_OUT_LOW);
	if (IS_ERR(out->gpiod))
		return dev_err_probe(r->dev, PTR_ERR(out->gpiod), "no output '%s'\n", kind->name);
	if (!out->gpiod)
		return 0;
	out->sleeps = gpiod_cansleep(out->gpiod);
	if (out->sleeps && kind->at_once)
		return dev_err_probe(r->dev, -EINVAL,
				     "output '%s' is set in interrupts: its GPIO chip must not sleep\n", kind->name);
	return 0;
}

static int reel_input_get(struct reel *r, enum reel_in id)
{
	const struct reel_input_kind *kind = &reel_input_kinds[id];
	struct reel_input *in = &r->in[id];

	in->reel = r;
	in->id = id;
	in->on = id == REEL_IN_DOOR;	/* until its line was looked at, the door counts as closed */
	if (kind->role != r->role)
		return 0;
	in->gpiod = kind->optional ? devm_gpiod_get_optional(r->dev, kind->name, GPIOD_IN) :
				     devm_gpiod_get(r->dev, kind->name, GPIOD_IN);
	if (IS_ERR(in->gpiod))
		return dev_err_probe(r->dev, PTR_ERR(in->gpiod), "no input '%s'\n", kind->name);
	if (!in->gpiod)
		return 0;
	in->sleeps = gpiod_cansleep(in->gpiod);
	in->irq = gpiod_to_irq(in->gpiod);
	if (in->irq < 0)
		return dev_err_probe(r->dev, in->irq, "input '%s' raises no interrupt\n", kind->name);
	return 0;
}

/* Get every line that the role has. Outputs are inactive from here on. */
int reel_lines_get(struct reel *r)
{
	enum reel_out out;
	enum reel_in in;
	int error = 0;

	for (out = 0; out < REEL_OUTS && !error; out++)
		error = reel_output_get(r, out);
	for (in = 0; in < REEL_INS && !error; in++)
		error = reel_input_get(r, in);
	return error;
}

static unsigned long reel_trigger(const struct reel_input *in)
{
	if (!reel_input_kinds[in->id].momentary)
		return IRQF_TRIGGER_RISING | IRQF_TRIGGER_FALLING;
	return gpiod_is_active_low(in->gpiod) ? IRQF_TRIGGER_FALLING : IRQF_TRIGGER_RISING;
}

/* Tell what a line says already. Its interrupt cannot come between the look and what is made of it. */
static void reel_input_look(struct reel *r, struct reel_input *in)
{
	unsigned long flags;
	int level = 0;

	if (in->sleeps) {
		disable_irq(in->irq);
		level = gpiod_get_value_cansleep(in->gpiod);
	}
	flags = reel_enter(r, ktime_get_ns());
	reel_input_level(r, in, in->sleeps ? level : gpiod_get_value(in->gpiod));
	reel_leave(r, flags);
	if (in->sleeps)
		enable_irq(in->irq);
}

static int reel_input_listen(struct reel *r, struct reel_input *in)
{
	const struct reel_input_kind *kind = &reel_input_kinds[in->id];
	int error;

	if (in->sleeps)
		error = request_threaded_irq(in->irq, NULL, reel_input_slow, reel_trigger(in) | IRQF_ONESHOT,
					     kind->name, in);
	else
		error = request_irq(in->irq, reel_input_hard, reel_trigger(in) | IRQF_NO_THREAD, kind->name, in);
	if (error) {
		in->irq = 0;
		return dev_err_probe(r->dev, error, "no interrupt of input '%s'\n", kind->name);
	}
	if (!kind->momentary)
		reel_input_look(r, in);
	return 0;
}

/* Listen to every input; what it says already is told. On an error the caller calls reel_lines_deaf(). */
int reel_lines_listen(struct reel *r)
{
	enum reel_in id;
	int error;

	for (id = 0; id < REEL_INS; id++) {
		if (!r->in[id].gpiod)
			continue;
		error = reel_input_listen(r, &r->in[id]);
		if (error) {
			for (; id < REEL_INS; id++)
				r->in[id].irq = 0;
			return error;
		}
	}
	return 0;
}

/* No interrupt comes any more, and none is still being served. */
void reel_lines_deaf(struct reel *r)
{
	struct reel_input *in;

	for (in = r->in; in < r->in + REEL_INS; in++) {
		if (in->irq > 0)
			free_irq(in->irq, in);
		in->irq = 0;
	}
}
