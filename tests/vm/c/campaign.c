// SPDX-License-Identifier: Apache-2.0
/*
 * A randomised campaign against reelctl on the simulated projectors of reelsim: commands, claims and edges with right
 * and wrong numbers, a snapshot after each, and what must always hold checked on it. As root in the guest:
 *
 *     campaign SEED COUNT HALL...
 *
 * Ends with status 1 at the first violation, with all that was done to that hall before.
 */
#include "campaign.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST_HALLS 8
#define MOST_PRINTED 2000
#define PAUSE_US 300

struct counts counts;

static struct hall halls[MOST_HALLS];
static int hall_count;
static u64 seed, drawn, done;

u64 clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 * MS + now.tv_nsec;
}

/* splitmix64: all that is done follows from the seed; when it is done does not. */
u64 draw(u64 below)
{
	u64 z = seed + ++drawn * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (z ^ (z >> 31)) % below;
}

bool one_in(u64 n)
{
	return draw(n) == 0;
}

void note(struct hall *h, const char *format, ...)
{
	char *line = h->log[h->logged++ % LOG_LINES];
	int length = snprintf(line, sizeof(h->log[0]), "%llu ", (ull)done);
	va_list words;

	va_start(words, format);
	vsnprintf(line + length, sizeof(h->log[0]) - length, format, words);
	va_end(words);
}

static void print_file(const char *directory, const char *name)
{
	static char text[65536];
	int file = must_open(directory, name, O_RDONLY);
	size_t length = 0, from;
	ssize_t more;

	while ((more = read(file, text + length, sizeof(text) - length)) > 0)
		length += more;
	close(file);
	from = length > MOST_PRINTED ? length - MOST_PRINTED : 0;
	printf("%s/%s, its end\n%.*s", directory, name, (int)(length - from), text + from);
}

/* Say what is wrong, and all that is needed to do it again. */
void fail(struct hall *h, const char *format, ...)
{
	unsigned int i = h->logged > LOG_LINES ? h->logged - LOG_LINES : 0;
	const struct gate *gate = &h->projection.gate;
	va_list words;

	printf("VIOLATION in hall %s at step %llu of seed %llu: ", h->name, (ull)done, (ull)seed);
	va_start(words, format);
	vprintf(format, words);
	va_end(words);
	printf("\nbefore %s\n       %s\nnow    %s\n       %s\n", h->before.line, h->before.truth, h->now.line, h->now.truth);
	printf("gate   fence=%llu gen=%llu last=%llu controller=%s result=%s\nlast steps in this hall:\n",
	       (ull)gate->fence, (ull)gate->gen, (ull)gate->last, gate->controller, gate->result);
	for (; i < h->logged; i++)
		printf("  %s\n", h->log[i % LOG_LINES]);
	print_file(h->projection.path, "ring");
	print_file(h->projection.path, "safety_ring");
	fflush(stdout);
	_exit(1);
}

/* Something that leaves a show alone. */
static void harmless(struct hall *h)
{
	switch (draw(6)) {
	case 0:
		return send_rubbish(h, one_in(3) ? &h->sound : &h->projection);
	case 1:
		return send_claim(h, one_in(2) ? &h->sound : &h->projection);
	case 2:
		feed_lease(h, one_in(3) ? &h->sound : &h->projection, !one_in(4));
		return;
	case 3:
		return send_command(h, &h->sound);
	case 4:
		hand(h, "door", one_in(2) ? "open" : "closed");
		return;
	default:
		return send_verb(h, "lights", one_in(2) ? "up" : "down");
	}
}

/* Film needs its time: a fast machine would be done with its steps before there was a show. */
static void wait_a_little(struct hall *h)
{
	usleep(PAUSE_US);
	harmless(h);
}

static void make_safe(struct hall *h)
{
	const struct state *s = &h->now;

	if (strcmp(s->motor, "stop"))
		send_verb(h, "safe_stop", "");
	else if (s->threaded && strcmp(s->tension, "good"))
		hand(h, "rethread", "1");
	else
		send_verb(h, "clear", "");
}

/* The next step towards an open dowser; false: there is nothing to do but wait. */
static bool towards_a_show(struct hall *h)
{
	const struct state *s = &h->now;

	if (h->local)
		return hand(h, "local", "0");
	if (h->estop)
		return hand(h, "estop", "0");
	if (h->raw_tacho)
		return hand(h, "tacho_hz", "0");
	if (h->faulty)
		return hand(h, "mend", "1");
	if (!h->projection.gate.controller[0])
		return send_claim(h, &h->projection), true;
	if (!s->fed)
		return feed_lease(h, &h->projection, true), true;
	if (s->latched[0])
		return make_safe(h), true;
	if (!strcmp(s->motor, "rewind"))
		return one_in(8) ? send_verb(h, "motor", "stop"), true : false;
	if (!strcmp(s->motor, "run")) {
		if (!s->at_speed || s->open)
			return false;
		h->wild = 1 + draw(24);
		return send_verb(h, "dowser", "open"), true;
	}
	if (!s->threaded)
		return thread_reel(h);
	if (s->moving)
		return false;
	if (s->position >= s->tail || strcmp(s->tension, "good"))
		return hand(h, one_in(8) ? "empty" : "rethread", "1");
	return send_verb(h, "motor", one_in(8) ? "rewind" : "run"), true;
}

static void wild(struct hall *h)
{
	h->wild--;
	switch (draw(8)) {
	case 0:
	case 1:
	case 2:
		return any_edge(h);
	case 3:
	case 4:
		return send_command(h, &h->projection);
	case 5:
		return send_verb(h, "dowser", "open");
	default:
		return harmless(h);
	}
}

static void step(struct hall *h)
{
	check_since(h);
	if (h->wild)
		wild(h);
	else if (one_in(60))
		any_edge(h);
	else if (one_in(60))
		send_command(h, &h->projection);
	else if (one_in(2) || !towards_a_show(h))
		wait_a_little(h);
	check_always(h);
}

int main(int argc, char **argv)
{
	u64 count, begun_ns, ms;
	int i;

	if (argc < 4 || argc - 3 > MOST_HALLS) {
		printf("usage: campaign SEED COUNT HALL... (at most %d)\n", MOST_HALLS);
		return 2;
	}
	seed = strtoull(argv[1], NULL, 10);
	count = strtoull(argv[2], NULL, 10);
	hall_count = argc - 3;
	for (i = 0; i < hall_count; i++)
		open_hall(&halls[i], argv[3 + i]);
	begun_ns = clock_ns();
	for (done = 0; counts.commands + counts.edges < count; done++)
		step(&halls[draw(hall_count)]);
	ms = (clock_ns() - begun_ns) / MS + 1;
	printf("seed=%llu steps=%llu ms=%llu per_second=%llu commands=%llu acted=%llu claims=%llu claimed=%llu edges=%llu malformed=%llu opened=%llu open_reads=%llu latches=%llu clears=%llu violations=0\n",
	       (ull)seed, (ull)done, (ull)ms, (ull)(done * 1000 / ms), (ull)counts.commands, (ull)counts.acted,
	       (ull)counts.claims, (ull)counts.claimed, (ull)counts.edges, (ull)counts.malformed, (ull)counts.opened,
	       (ull)counts.open_reads, (ull)counts.latches, (ull)counts.clears);
	return 0;
}
