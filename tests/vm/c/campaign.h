// SPDX-License-Identifier: Apache-2.0
/* What the parts of the campaign share: a hall, its two devices, what they last said, and the dice. */
#ifndef CAMPAIGN_H
#define CAMPAIGN_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#define LOG_LINES 48
#define LINE 512
#define MS 1000000ULL

typedef uint64_t u64;
typedef unsigned long long ull;

/* What statemachines/gate.py keeps, kept here too. */
struct gate {
	u64 fence, gen, last;
	char controller[17];
	char result[32];
};

/* One device of reelctl: its open attributes, and what its gate must be. */
struct device {
	char path[64];
	bool is_sound;
	int command, claim, lease, self_test, snapshot, result;
	struct gate gate;
};

/* What a projection device says, and what the simulation says is so. */
struct state {
	char line[LINE], truth[LINE];
	u64 epoch, seq, ns, fence, gen, last;
	bool film, ready, local, door_open, estop, at_speed, open, fed;
	char tension[8], motor[8], lamp[12], sound[8], lights[8], latched[192];
	bool moving, line_open, line_unmute, line_dim, line_lamp, threaded;
	u64 violations, position, tail;
};

/* What hands last did, and how: for the checks, and to tell when something is wrong. */
struct hall {
	char name[17];
	char sim[64];
	int truth;
	struct device projection, sound;
	struct state before, now;
	bool local, door_open, estop, faulty, raw_tacho, may_be_ready;
	u64 step_ns, pressed_ns, emptied_ns, moved_ns;
	int wild;
	char log[LOG_LINES][160];
	unsigned int logged;
};

struct counts {
	u64 commands, acted, claims, claimed, edges, malformed, opened, open_reads, latches, clears;
};

extern struct counts counts;

/* campaign.c */
u64 draw(u64 below);
bool one_in(u64 n);
u64 clock_ns(void);
void note(struct hall *h, const char *format, ...) __attribute__((format(printf, 2, 3)));
void fail(struct hall *h, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

/* campaign_read.c */
int must_open(const char *directory, const char *name, int how);
void open_hall(struct hall *h, const char *name);
void read_line(struct hall *h, int file, char *line);
void read_state(struct hall *h, struct state *s);
bool lease_is_fed(struct hall *h, struct device *d);
bool latched(const struct state *s, const char *name);
u64 latch_seq(const struct state *s, const char *name);

/* campaign_gate.c: each writes to a device and holds the answer against the model */
void send_command(struct hall *h, struct device *d);
void send_verb(struct hall *h, const char *verb, const char *arg);
void send_claim(struct hall *h, struct device *d);
void feed_lease(struct hall *h, struct device *d, bool rightly);
void send_rubbish(struct hall *h, struct device *d);

/* campaign_hands.c: edges */
bool hand(struct hall *h, const char *name, const char *text);
bool thread_reel(struct hall *h);
void any_edge(struct hall *h);

/* campaign_rules.c: what must always hold */
void check_answer(struct hall *h, const char *verb, const char *arg, const char *answer);
void check_since(struct hall *h);
void check_always(struct hall *h);

#endif
