// SPDX-License-Identifier: GPL-2.0-only
/* Lines that attributes take: words with one space between, at most one end of line, nothing else at all. */
#include <linux/ctype.h>
#include <linux/string.h>

#include "reel.h"

/* What is left of a line. `good` turns false once and for all. */
struct reel_scan {
	const char *at;
	const char *end;
	bool good;
};

static struct reel_scan reel_scan(const char *line, size_t length)
{
	if (length && line[length - 1] == '\n')
		length--;
	return (struct reel_scan){ .at = line, .end = line + length, .good = length && length < REEL_LINE_LIMIT };
}

static void reel_take_space(struct reel_scan *scan)
{
	scan->good = scan->good && scan->at < scan->end && *scan->at == ' ';
	scan->at++;
}

static u64 reel_take_number(struct reel_scan *scan)
{
	const char *start = scan->at;
	u64 number = 0;

	if (!scan->good)
		return 0;
	for (; scan->at < scan->end && isdigit(*scan->at) && scan->at - start < REEL_NUMBER_DIGITS; scan->at++)
		number = number * 10 + (*scan->at - '0');
	scan->good = scan->at > start;
	return number;
}

static bool reel_is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* A word of small letters, of `also` and, if `digits`, of digits; it fits `size` with its end. */
static void reel_take_word(struct reel_scan *scan, char *to, size_t size, bool digits, char also)
{
	size_t length = 0;

	to[0] = '\0';
	if (!scan->good)
		return;
	for (; scan->at < scan->end && length < size - 1; scan->at++) {
		char c = *scan->at;

		if (!reel_is_lower(c) && c != also && !(digits && isdigit(c)))
			break;
		to[length++] = c;
	}
	to[length] = '\0';
	scan->good = length;
}

static bool reel_all_taken(const struct reel_scan *scan)
{
	return scan->good && scan->at == scan->end;
}

/* FENCE GEN SEQ VERB [ARG] */
bool reel_parse_command(const char *line, size_t length, struct reel_order *order)
{
	struct reel_scan scan = reel_scan(line, length);

	order->fence = reel_take_number(&scan);
	reel_take_space(&scan);
	order->gen = reel_take_number(&scan);
	reel_take_space(&scan);
	order->seq = reel_take_number(&scan);
	reel_take_space(&scan);
	reel_take_word(&scan, order->verb, sizeof(order->verb), false, '_');
	order->arg[0] = '\0';
	if (reel_all_taken(&scan))
		return true;
	reel_take_space(&scan);
	reel_take_word(&scan, order->arg, sizeof(order->arg), true, '_');
	return reel_all_taken(&scan);
}

/* FENCE GEN CONTROLLER SEQ */
bool reel_parse_claim(const char *line, size_t length, struct reel_order *order)
{
	struct reel_scan scan = reel_scan(line, length);

	order->fence = reel_take_number(&scan);
	reel_take_space(&scan);
	order->gen = reel_take_number(&scan);
	reel_take_space(&scan);
	reel_take_word(&scan, order->verb, REEL_NAME_LIMIT + 1, true, 'a');
	reel_take_space(&scan);
	order->seq = reel_take_number(&scan);
	return reel_all_taken(&scan);
}

/* FENCE GEN */
bool reel_parse_lease(const char *line, size_t length, struct reel_order *order)
{
	struct reel_scan scan = reel_scan(line, length);

	order->fence = reel_take_number(&scan);
	reel_take_space(&scan);
	order->gen = reel_take_number(&scan);
	return reel_all_taken(&scan);
}
