// SPDX-License-Identifier: Apache-2.0
/* Reading what devices and the simulation say. */
#include "campaign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int must_open(const char *directory, const char *name, int how)
{
	char path[128];
	int file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = open(path, how | O_CLOEXEC);
	if (file < 0) {
		printf("cannot open %s: %s\n", path, strerror(errno));
		exit(2);
	}
	return file;
}

static void open_device(struct device *d, const char *hall, const char *role)
{
	snprintf(d->path, sizeof(d->path), "/sys/class/reel/%s-%s", hall, role);
	d->is_sound = !strcmp(role, "sound");
	d->command = must_open(d->path, "command", O_WRONLY);
	d->claim = must_open(d->path, "claim", O_WRONLY);
	d->lease = must_open(d->path, "lease", O_WRONLY);
	d->self_test = must_open(d->path, "self_test", O_RDWR);
	d->snapshot = must_open(d->path, "snapshot", O_RDONLY);
	d->result = must_open(d->path, "result", O_RDONLY);
	snprintf(d->gate.result, sizeof(d->gate.result), "failed:unknown");
}

void open_hall(struct hall *h, const char *name)
{
	snprintf(h->name, sizeof(h->name), "%s", name);
	snprintf(h->sim, sizeof(h->sim), "/sys/kernel/debug/reelsim/%s", name);
	h->truth = must_open(h->sim, "truth", O_RDONLY);
	open_device(&h->projection, name, "projection");
	open_device(&h->sound, name, "sound");
	read_state(h, &h->now);
}

/* Read the first line of a file. */
void read_line(struct hall *h, int file, char *line)
{
	ssize_t length = pread(file, line, LINE - 1, 0);

	if (length <= 0)
		fail(h, "a line cannot be read: %s", strerror(errno));
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static const char *find(const char *line, const char *key)
{
	size_t length = strlen(key);
	const char *at;

	for (at = line; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (!strncmp(at, key, length) && at[length] == '=')
			return at + length + 1;
	}
	return "";
}

static u64 number(const char *line, const char *key)
{
	return strtoull(find(line, key), NULL, 10);
}

static bool says(const char *line, const char *key, const char *word)
{
	const char *at = find(line, key);

	return !strncmp(at, word, strlen(word)) && (at[strlen(word)] == ' ' || !at[strlen(word)]);
}

static void copy_word(char *to, size_t size, const char *line, const char *key)
{
	const char *at = find(line, key);

	snprintf(to, size, "%.*s", (int)strcspn(at, " "), at);
}

static void read_snapshot(struct hall *h, struct state *s)
{
	const char *line = s->line;

	read_line(h, h->projection.snapshot, s->line);
	s->epoch = number(line, "epoch");
	s->seq = number(line, "seq");
	s->ns = number(line, "ns");
	s->film = says(line, "film", "1");
	s->ready = says(line, "ready", "1");
	s->local = says(line, "local", "1");
	s->door_open = says(line, "door", "open");
	s->estop = says(line, "estop", "1");
	s->at_speed = says(line, "atspeed", "1");
	s->open = says(line, "dowser", "open");
	s->fed = says(line, "lease", "fed");
	s->fence = number(line, "fence");
	s->gen = number(line, "gen");
	s->last = number(line, "last");
	copy_word(s->tension, sizeof(s->tension), line, "tension");
	copy_word(s->motor, sizeof(s->motor), line, "motor");
	copy_word(s->lamp, sizeof(s->lamp), line, "lamp");
	copy_word(s->sound, sizeof(s->sound), line, "sound");
	copy_word(s->lights, sizeof(s->lights), line, "lights");
	copy_word(s->latched, sizeof(s->latched), line, "latched");
}

static void read_truth(struct hall *h, struct state *s)
{
	const char *line = s->truth;

	read_line(h, h->truth, s->truth);
	s->moving = says(line, "moving", "1");
	s->line_open = says(line, "dowser", "open");
	s->line_unmute = says(line, "unmute", "1");
	s->line_dim = says(line, "dim", "1");
	s->line_lamp = says(line, "lamp", "on");
	s->threaded = says(line, "film", "1");
	s->violations = number(line, "violations");
	s->position = number(line, "frame");
	s->tail = number(line, "tail");
}

void read_state(struct hall *h, struct state *s)
{
	read_snapshot(h, s);
	read_truth(h, s);
}

bool lease_is_fed(struct hall *h, struct device *d)
{
	char line[LINE];

	read_line(h, d->snapshot, line);
	return says(line, "lease", "fed");
}

/* Return the number of a latch's first occurrence; 0: it is not set. */
u64 latch_seq(const struct state *s, const char *name)
{
	size_t length = strlen(name);
	const char *at;

	for (at = s->latched; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, length) && at[length] == ':')
			return strtoull(at + length + 1, NULL, 10);
	}
	return 0;
}

bool latched(const struct state *s, const char *name)
{
	return latch_seq(s, name) != 0;
}
