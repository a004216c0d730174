// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rings as text. A shell reads byte by byte, and sysfs asks anew for each of them; so an open file that begins
 * at 0 gets the ring as it is then, and reads on in that, whatever is said meanwhile.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "reel.h"

#define REEL_RING_LINE_BYTES 128	/* three numbers, a word, a timecode */

static size_t reel_copy_ring(struct reel *r, struct reel_fact *facts, bool safety)
{
	u64 size = safety ? REEL_SAFETY_RING_LINES : REEL_RING_LINES, said, at;
	unsigned long flags;
	size_t count = 0;

	raw_spin_lock_irqsave(&r->lock, flags);
	if (safety) {
		said = r->safety_facts;
		for (at = said - min(said, size); at < said; at++)
			facts[count++] = r->safety_ring[at % REEL_SAFETY_RING_LINES];
	} else {
		said = r->s.seq;
		for (at = said - min(said, size) + 1; at <= said; at++)
			facts[count++] = r->ring[at % REEL_RING_LINES];
	}
	raw_spin_unlock_irqrestore(&r->lock, flags);
	return count;
}

static size_t reel_format_ring(char *to, size_t size, const struct reel_fact *facts, size_t count)
{
	const struct reel_fact *fact;
	size_t length = 0;

	for (fact = facts; fact < facts + count; fact++) {
		length += scnprintf(to + length, size - length, "%llu %llu %s %llu ", fact->seq, fact->ns,
				    reel_word_name(fact->word), fact->frame);
		length += reel_format_val(to + length, size - length, fact);
		length += scnprintf(to + length, size - length, "\n");
	}
	return length;
}

/* The text that an open file reads; the least recently begun makes room for a new one. */
static struct reel_text *reel_find_text(struct reel *r, struct file *file, bool begins)
{
	struct reel_text *text, *oldest = r->texts;

	for (text = r->texts; text < r->texts + REEL_TEXTS; text++) {
		if (text->file == file)
			return text;
		if (text->turn < oldest->turn)
			oldest = text;
	}
	return begins ? oldest : NULL;
}

static int reel_fill_text(struct reel *r, struct reel_text *text, struct file *file, bool safety)
{
	const size_t size = REEL_RING_LINES * REEL_RING_LINE_BYTES;
	struct reel_fact *facts;

	if (!text->text)
		text->text = kvmalloc(size, GFP_KERNEL);
	facts = kvmalloc_array(REEL_RING_LINES, sizeof(*facts), GFP_KERNEL);
	if (!text->text || !facts) {
		kvfree(facts);
		return -ENOMEM;
	}
	text->file = file;
	text->turn = ++r->text_turn;
	text->length = reel_format_ring(text->text, size, facts, reel_copy_ring(r, facts, safety));
	kvfree(facts);
	return 0;
}

ssize_t reel_ring_read(struct reel *r, struct file *file, char *to, loff_t at, size_t count, bool safety)
{
	struct reel_text *text;
	ssize_t taken = 0;

	mutex_lock(&r->text_lock);
	text = reel_find_text(r, file, !at);
	if (!text)
		taken = -ESTALE;	/* too many read at once: begin anew */
	else if (!at)
		taken = reel_fill_text(r, text, file, safety);
	if (!taken)
		taken = memory_read_from_buffer(to, count, &at, text->text, text->length);
	mutex_unlock(&r->text_lock);
	return taken;
}

void reel_ring_forget(struct reel *r)
{
	struct reel_text *text;

	for (text = r->texts; text < r->texts + REEL_TEXTS; text++)
		kvfree(text->text);
}
