// SPDX-License-Identifier: Apache-2.0
/* What must hold of a projection device after each step, whatever was done to it. */
#include "campaign.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const names[] = { "break", "stall", "overspeed", "lampfail", "estop", "watchdog" };

static bool is(const char *word, const char *other)
{
	return !strcmp(word, other);
}

static bool answered(const char *verb, const char *arg, const char *wanted_verb, const char *wanted_arg)
{
	return is(verb, wanted_verb) && is(arg, wanted_arg);
}

static bool known(const char *verb, const char *arg)
{
	static const char *const all[] = { "motor stop", "motor run", "motor rewind", "dowser open", "dowser close", "lamp on",
					   "lamp off", "lights up", "lights down", "safe_stop ", "clear " };
	char whole[80];
	unsigned int i;

	snprintf(whole, sizeof(whole), "%s %s", verb, arg);
	for (i = 0; i < COUNT(all); i++)
		if (is(whole, all[i]))
			return true;
	return false;
}

/* Whether this command must have been refused, by what the device said before or after it. */
static bool barred(const struct state *s, const char *verb, const char *arg)
{
	bool bad = s->estop || s->latched[0], taut = is(s->tension, "good");

	if (answered(verb, arg, "dowser", "open"))
		return bad || !is(s->motor, "run") || !s->at_speed || !taut;
	if (answered(verb, arg, "motor", "run"))
		return bad || !s->fed || !taut || !s->film || s->position >= s->tail;
	if (answered(verb, arg, "motor", "rewind"))
		return bad || !s->fed || !taut || !s->film;
	if (answered(verb, arg, "lamp", "on"))
		return s->estop || latched(s, "lampfail");
	return is(verb, "clear");
}

static void check_done(struct hall *h, const char *verb, const char *arg)
{
	const struct state *s = &h->now;
	bool quiet = s->seq == h->before.seq;
	unsigned int i;

	if (is(verb, "lights") && !is(s->lights, arg))
		fail(h, "the lights are not %s", arg);
	if ((is(verb, "safe_stop") || is(arg, "close")) && (s->open || s->line_open || !is(s->sound, "mute")))
		fail(h, "the dowser is not closed or the sound not muted");
	if ((is(verb, "safe_stop") || answered(verb, arg, "motor", "stop")) && !is(s->motor, "stop"))
		fail(h, "the motor is not stopped");
	if (is(verb, "motor") && quiet && !is(s->motor, arg))
		fail(h, "the motor is not on %s", arg);
	if (answered(verb, arg, "lamp", "on") && !is(s->lamp, "striking") && !is(s->lamp, "lit") && !is(s->lamp, "failed"))
		fail(h, "the lamp is not struck");
	if (answered(verb, arg, "lamp", "off") && (is(s->lamp, "striking") || is(s->lamp, "lit")))
		fail(h, "the lamp is not put out");
	for (i = 0; is(verb, "clear") && i < COUNT(names); i++)
		if (latched(s, names[i]) && latch_seq(s, names[i]) <= h->before.seq)
			fail(h, "latch %s outlives clear", names[i]);
}

/* An admitted command: refused for a reason that can be seen, or done. `before` is from just before it. */
void check_answer(struct hall *h, const char *verb, const char *arg, const char *answer)
{
	const struct state *before = &h->before, *now = &h->now;
	const char *expected = h->local && !answered(verb, arg, "safe_stop", "") ? "refused:local" :
			       !known(verb, arg) ? "refused:verb" : NULL;
	bool is_ok = is(answer, "ok");

	if (expected && !is(answer, expected))
		fail(h, "%s %s is answered '%s', not '%s'", verb, arg, answer, expected);
	if (expected)
		return;
	if (!is_ok && !is(answer, "refused:interlock"))
		fail(h, "%s %s is answered '%s'", verb, arg, answer);
	if (!is_ok && !barred(before, verb, arg) && !barred(now, verb, arg))
		fail(h, "%s %s is refused without a reason", verb, arg);
	/* A rewinder takes up the loose end of a reel that has run out: there tension is not asked for. */
	if (is_ok && !is(verb, "clear") && barred(before, verb, arg) && barred(now, verb, arg) &&
	    !(is(arg, "rewind") && !before->estop && !before->latched[0] && before->fed))
		fail(h, "%s %s is done though it must be refused", verb, arg);
	if (is_ok)
		check_done(h, verb, arg);
	counts.opened += is_ok && answered(verb, arg, "dowser", "open");
	counts.clears += is_ok && is(verb, "clear");
}

/* From one reading to the next latches are only added; `clear` takes away those that it saw. */
static void check_latches(struct hall *h, const struct state *from, const struct state *to, bool cleared)
{
	unsigned int i;

	for (i = 0; i < COUNT(names); i++) {
		u64 was = latch_seq(from, names[i]), is_now = latch_seq(to, names[i]);

		if (was && is_now != was && !cleared)
			fail(h, "latch %s went from %llu to %llu without a clear", names[i], (ull)was, (ull)is_now);
		if (is_now > to->seq || (is_now && is_now != was && is_now <= from->seq))
			fail(h, "latch %s has the number %llu", names[i], (ull)is_now);
		counts.latches += is_now && is_now != was;
	}
	if (to->estop && !latched(to, "estop"))
		fail(h, "an emergency stop is not latched");
	if (to->epoch != from->epoch || to->seq < from->seq || to->ns < from->ns)
		fail(h, "epoch, seq or ns went back");
	if (from->moving || to->moving || !is(to->motor, "stop") || h->raw_tacho)
		h->moved_ns = h->step_ns;
	if (latched(to, "break") && !latched(from, "break") && h->pressed_ns < h->step_ns)
		h->may_be_ready = false;
}

/* A lamp that went out leaves no light to fall on the film: alone its latch does not close the dowser. */
static bool latch_bars_light(const struct state *s)
{
	unsigned int i;

	for (i = 0; i < COUNT(names); i++)
		if (!is(names[i], "lampfail") && latched(s, names[i]))
			return true;
	return false;
}

static void check_light(struct hall *h)
{
	const struct state *s = &h->now;

	if (s->violations)
		fail(h, "the simulation saw light on film that it may not fall on");
	if (latch_bars_light(s) && !is(s->motor, "stop"))
		fail(h, "the motor runs though a latch is set");
	if (!s->open)
		return;
	counts.open_reads++;
	if (!is(s->motor, "run") || !s->at_speed || !is(s->tension, "good") || s->estop || latch_bars_light(s))
		fail(h, "the dowser is open");
}

/* What is wanted of a line is on the line; read twice, for things happen by themselves in between. */
static void check_lines(struct hall *h)
{
	struct state again;
	const struct state *s = &h->now;
	bool lamp = is(s->lamp, "striking") || is(s->lamp, "lit");

	if (s->open == s->line_open && is(s->sound, "play") == s->line_unmute && is(s->lights, "down") == s->line_dim &&
	    lamp == s->line_lamp)
		return;
	read_state(h, &again);
	if (again.seq == s->seq && is(again.sound, s->sound) && is(again.lamp, s->lamp))
		fail(h, "a line is not what the device says");
}

static void check_hands(struct hall *h)
{
	const struct state *s = &h->now;

	if (s->local != h->local || s->door_open != h->door_open || s->estop != h->estop)
		fail(h, "LOCAL, door or emergency stop are not as hands left them");
	if (s->threaded && !s->film)
		fail(h, "there is film, and the device sees none");
	if (!s->threaded && s->film && clock_ns() - h->emptied_ns > 1000 * MS)
		fail(h, "the device sees film where there is none");
	if (s->ready && !h->may_be_ready)
		fail(h, "READY is on, and nobody pressed it");
}

static void check_gate(struct hall *h)
{
	const struct gate *gate = &h->projection.gate;
	const struct state *s = &h->now;

	if (s->fence != gate->fence || s->gen != gate->gen || s->last != gate->last)
		fail(h, "fence, gen or last are not those of the gate");
}

/* Before each step: what happened by itself since the last one. */
void check_since(struct hall *h)
{
	h->step_ns = clock_ns();
	read_state(h, &h->before);
	check_latches(h, &h->now, &h->before, false);
	h->now = h->before;
}

/* After each step. */
void check_always(struct hall *h)
{
	static u64 clears;
	bool cleared = counts.clears != clears;

	clears = counts.clears;
	read_state(h, &h->now);
	check_latches(h, &h->before, &h->now, cleared);
	check_light(h);
	check_gate(h);
	check_hands(h);
	check_lines(h);
}
