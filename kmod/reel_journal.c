// SPDX-License-Identifier: GPL-2.0-only
/* What a device has said: numbered facts in two rings, and latches that nothing loses. */
#include <linux/kernel.h>

#include "reel.h"

/* Places in the fifo that telemetry leaves free for what must not wait for a ring to be read. */
#define REEL_UNSENT_RESERVE 64

static const struct {
	const char *name;
	unsigned char flags;
	signed char latch;
} reel_words[REEL_WORDS] = { REEL_WORD_TABLE };

const char *const reel_latch_names[REEL_LATCHES] = { REEL_LATCH_NAMES };
const char *const reel_tension_names[REEL_TENSIONS] = { REEL_TENSION_NAMES };
const char *const reel_role_names[REEL_ROLES] = { REEL_ROLE_NAMES };

const char *reel_word_name(enum reel_word word)
{
	return reel_words[word].name;
}

static void reel_latch(struct reel *r, const struct reel_fact *fact)
{
	u64 *latched = &r->s.latched[reel_words[fact->word].latch];

	r->safety_ring[r->safety_facts++ % REEL_SAFETY_RING_LINES] = *fact;
	if (!*latched)
		*latched = fact->seq;
}

/* Number a fact, keep it, and have the thread tell it. One that finds the fifo full is told by the rings alone. */
static u64 reel_write(struct reel *r, struct reel_fact fact)
{
	bool safety = reel_words[fact.word].flags & REEL_SAFETY;

	fact.seq = ++r->s.seq;
	fact.ns = r->now;
	fact.frame = r->s.frame;
	r->ring[fact.seq % REEL_RING_LINES] = fact;
	if (safety)
		reel_latch(r, &fact);
	if (safety || kfifo_avail(&r->unsent) > REEL_UNSENT_RESERVE)
		kfifo_put(&r->unsent, fact);
	return fact.seq;
}

/**
 * reel_say() - number and keep a fact that happened at r->now.
 * @r: the device, locked
 * @word: what happened
 * @val: its value, 0 where the word has none
 *
 * Return: its number.
 */
u64 reel_say(struct reel *r, enum reel_word word, u64 val)
{
	return reel_write(r, (struct reel_fact){ .word = word, .val = val });
}

u64 reel_say_timecode(struct reel *r, u64 film_us, u64 sound_us)
{
	return reel_write(r, (struct reel_fact){ .word = REEL_WORD_TIMECODE, .val = film_us, .sound_us = sound_us });
}

int reel_format_val(char *to, size_t size, const struct reel_fact *fact)
{
	if (fact->word == REEL_WORD_TENSION)
		return scnprintf(to, size, "%s", reel_tension_names[fact->val]);
	if (fact->word == REEL_WORD_TIMECODE)
		return scnprintf(to, size, "%llux%llu", fact->val, fact->sound_us);
	return scnprintf(to, size, "%llu", fact->val);
}

/* Keep how fast a safety fact was acted upon: from what confirmed it until the lines were driven. */
void reel_reacted(struct reel *r, u64 seq, u64 safe_ns)
{
	r->reactions[r->reacted++ % REEL_REACTIONS] =
		(struct reel_reaction){ .seq = seq, .confirmed_ns = r->edge, .safe_ns = safe_ns };
}

bool reel_latched(const struct reel *r)
{
	enum reel_latch latch;

	for (latch = 0; latch < REEL_LATCHES; latch++)
		if (r->s.latched[latch])
			return true;
	return false;
}
