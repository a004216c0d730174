// SPDX-License-Identifier: Apache-2.0
/* Commands, claims and rubbish, with right and wrong numbers; what a device answers is held against gate.py's rules. */
#include "campaign.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct verb {
	const char *verb, *arg;
};

static const struct verb projection_verbs[] = {
	{ "motor", "stop" },  { "motor", "run" },    { "motor", "rewind" }, { "dowser", "open" }, { "dowser", "close" },
	{ "lamp", "on" },     { "lamp", "off" },     { "lights", "up" },    { "lights", "down" }, { "safe_stop", "" },
	{ "clear", "" },      { "dowser", "open" },  { "motor", "run" },    { "motor", "fly" },	  { "curtain", "open" },
	{ "sound", "play" },  { "masking", "flat" }, { "safe_stop", "now" }, { "clear", "all" },  { "motor", "" },
	{ "x", "" },
};

static const struct verb sound_verbs[] = {
	{ "sound", "play" }, { "sound", "mute" }, { "sound", "analog" }, { "safe_stop", "" },
	{ "clear", "" },     { "motor", "run" },  { "sound", "loud" },	 { "dowser", "open" },
};

static const char *const controllers[] = { "one", "two", "a1b2c3d4e5f6g7h8" };

static int compare(const struct gate *gate, u64 fence, u64 gen)
{
	if (fence != gate->fence)
		return fence < gate->fence ? -1 : 1;
	if (gen != gate->gen)
		return gen < gate->gen ? -1 : 1;
	return 0;
}

/* What the gate answers by itself; NULL: the device acts. */
static const char *admitted(const struct gate *gate, u64 fence, u64 gen, u64 seq, const char *verb)
{
	int newer = compare(gate, fence, gen);

	if (!gate->controller[0] || newer < 0)
		return "refused:stale";
	if (newer > 0 || seq < gate->last)
		return "refused:gap";
	if (seq == gate->last)
		return gate->result;
	if (seq != gate->last + 1 && strcmp(verb, "safe_stop"))
		return "refused:gap";
	return NULL;
}

static bool put(int file, const char *text, size_t length)
{
	return pwrite(file, text, length, 0) == (ssize_t)length;
}

/* Read the answer; it must carry the numbers that were written. */
static const char *answer_to(struct hall *h, struct device *d, u64 fence, u64 gen, u64 seq)
{
	static char line[LINE];
	char numbers[80];
	int length = snprintf(numbers, sizeof(numbers), "%llu %llu %llu ", (ull)fence, (ull)gen, (ull)seq);

	read_line(h, d->result, line);
	if (strncmp(line, numbers, length))
		fail(h, "%s/result reads '%s', not '%s…'", d->path, line, numbers);
	return line + length;
}

static void command(struct hall *h, struct device *d, u64 fence, u64 gen, u64 seq, const char *verb, const char *arg)
{
	const char *expected = admitted(&d->gate, fence, gen, seq, verb), *answer;
	char line[128];
	int length = snprintf(line, sizeof(line), "%llu %llu %llu %s%s%s\n", (ull)fence, (ull)gen, (ull)seq, verb,
			      *arg ? " " : "", arg);

	counts.commands++;
	if (!put(d->command, line, length))
		fail(h, "%s/command refuses '%.*s': %s", d->path, length - 1, line, strerror(errno));
	answer = answer_to(h, d, fence, gen, seq);
	note(h, "%s %.*s -> %s", d->is_sound ? "sound" : "projection", length - 1, line, answer);
	if (expected && strcmp(answer, expected))
		fail(h, "the gate answers '%s', not '%s'", answer, expected);
	read_state(h, &h->now);
	if (expected)
		return;
	counts.acted++;
	d->gate.last = seq;
	snprintf(d->gate.result, sizeof(d->gate.result), "%s", answer);
	if (!d->is_sound)
		check_answer(h, verb, arg, answer);
	else if (strcmp(answer, !strcmp(verb, "sound") && strcmp(arg, "loud") ? "ok" :
				!*arg ? "ok" : "refused:verb"))
		fail(h, "a sound device answers '%s'", answer);
}

/* A command of the present holder, with the next number. */
void send_verb(struct hall *h, const char *verb, const char *arg)
{
	struct gate *gate = &h->projection.gate;

	command(h, &h->projection, gate->fence, gate->gen, gate->last + 1, verb, arg);
}

/* Any command, mostly of the present holder with the next number. */
void send_command(struct hall *h, struct device *d)
{
	const struct verb *verb = d->is_sound ? &sound_verbs[draw(COUNT(sound_verbs))] :
						&projection_verbs[draw(COUNT(projection_verbs))];
	u64 fence = d->gate.fence, gen = d->gate.gen, seq = d->gate.last + 1;

	if (one_in(10))
		fence += draw(3) - 1;
	if (one_in(10))
		gen += draw(3) - 1;
	if (one_in(4))
		seq = d->gate.last + draw(5) - 1;
	if ((int64_t)fence < 0 || (int64_t)gen < 0 || (int64_t)seq < 0)
		fence = gen = seq = 0;
	command(h, d, fence, gen, seq, verb->verb, verb->arg);
}

static const char *claim_answer(const struct gate *gate, u64 fence, u64 gen, const char *controller, bool fed)
{
	bool other = gate->controller[0] && strcmp(gate->controller, controller);

	if (other && (fed || fence == gate->fence))
		return "refused:held";
	return compare(gate, fence, gen) <= 0 ? "refused:stale" : "ok";
}

/* Any claim. A lease that ends at this very moment leaves both answers open. */
void send_claim(struct hall *h, struct device *d)
{
	struct gate *gate = &d->gate;
	const char *controller = controllers[one_in(4) ? draw(COUNT(controllers)) : 0], *answer;
	u64 fence = gate->fence + draw(2), gen = gate->gen + draw(3), seq = gate->last + draw(3);
	bool fed = lease_is_fed(h, d), fed_after;
	char line[96];
	int length;

	if (one_in(8) && gate->fence)
		fence = gate->fence - 1;
	if (one_in(8) && gate->last)
		seq = gate->last - 1;
	length = snprintf(line, sizeof(line), "%llu %llu %s %llu\n", (ull)fence, (ull)gen, controller, (ull)seq);
	counts.claims++;
	if (!put(d->claim, line, length))
		fail(h, "%s/claim refuses '%.*s': %s", d->path, length - 1, line, strerror(errno));
	answer = answer_to(h, d, fence, gen, seq);
	note(h, "%s claim %.*s -> %s", d->is_sound ? "sound" : "projection", length - 1, line, answer);
	fed_after = lease_is_fed(h, d);
	if (strcmp(answer, claim_answer(gate, fence, gen, controller, fed)) &&
	    (fed == fed_after || strcmp(answer, claim_answer(gate, fence, gen, controller, !fed))))
		fail(h, "a claim is answered '%s', not '%s'", answer, claim_answer(gate, fence, gen, controller, fed));
	if (strcmp(answer, "ok"))
		return;
	counts.claimed++;
	if (!fed_after)
		fail(h, "a claim does not feed the lease");
	gate->fence = fence;
	gate->gen = gen;
	snprintf(gate->controller, sizeof(gate->controller), "%s", controller);
	if (seq > gate->last) {
		gate->last = seq;
		snprintf(gate->result, sizeof(gate->result), "failed:unknown");
	}
}

void feed_lease(struct hall *h, struct device *d, bool rightly)
{
	char line[64];
	int length = snprintf(line, sizeof(line), "%llu %llu\n", (ull)d->gate.fence, (ull)d->gate.gen + !rightly);

	note(h, "%s lease %.*s", d->is_sound ? "sound" : "projection", length - 1, line);
	if (!put(d->lease, line, length))
		fail(h, "%s/lease refuses a line: %s", d->path, strerror(errno));
	if (rightly && d->gate.controller[0] && !lease_is_fed(h, d))
		fail(h, "the lease of %s is not fed by its holder", d->path);
}

/* Lines that are none: EINVAL, and nothing changes (the numbers of `result` neither). */
void send_rubbish(struct hall *h, struct device *d)
{
	static const char *const lines[] = { "\n", "1 2 3", "-1 0 0 clear\n", "1 1 1 MOTOR run\n", "1  1 1 clear\n",
					     "1 1 1 motor run now\n", "9999999999999999999 1 1 clear\n", "1 1 1 clear\n\n",
					     " 1 1 1 clear\n", "1 1 one! 1\n", "1 1 averylongcontroller 1\n", "1 1 \xff\x01 1\n" };
	const char *line = lines[draw(COUNT(lines))];
	const int files[] = { d->command, d->claim, d->lease, d->self_test };
	char long_line[2000], before[LINE], after[LINE];
	size_t length = strlen(line);
	int file = files[draw(COUNT(files))];

	if (one_in(6)) {
		memset(long_line, '1' + draw(9), sizeof(long_line));
		line = long_line;
		length = sizeof(long_line);
	}
	note(h, "%s rubbish '%.20s'", d->is_sound ? "sound" : "projection", line);
	read_line(h, d->result, before);
	errno = 0;
	if (pwrite(file, line, length, 0) >= 0 || errno != EINVAL)
		fail(h, "'%.40s' is not refused with EINVAL but: %s", line, strerror(errno));
	read_line(h, d->result, after);
	if (strcmp(before, after))
		fail(h, "'%.40s' changed the result from '%s' to '%s'", line, before, after);
	counts.malformed++;
}
