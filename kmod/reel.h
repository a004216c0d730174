/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reelctl: a projector or a sound rack as a Linux device.
 *
 * Everything that a device knows is in struct reel under one raw spinlock. Interrupts, the one hrtimer and the
 * attributes enter through reel_enter(), which first lets happen what was due before; so facts are ordered by
 * time, whoever comes first. Whatever is unsafe changes its line at once under that lock; what is told goes
 * through a fifo to a thread, because a uevent may sleep.
 */
#ifndef REEL_H
#define REEL_H

#include <linux/device.h>
#include <linux/gpio/consumer.h>
#include <linux/hrtimer.h>
#include <linux/kfifo.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "reel_abi.h"

#define REEL_SELF_TEST_MS	200
#define REEL_STRIKE_MS		5000	/* from striking to lit at the latest (assumed) */
#define REEL_COOL_MS		2000	/* from lit to cold (assumed; a real xenon lamp takes minutes) */
#define REEL_BREATH_MS		100	/* how often timer and thread look after each other, and `alive` toggles */
#define REEL_FILM_MS		500	/* how often film that its sensor misses is looked for (assumed) */
#define REEL_DEBOUNCE_MS	20	/* a button that is pressed again this soon only bounces (assumed) */
#define REEL_FPS_MILLI		24000	/* frames a second x 1,000, on every gauge */
#define REEL_UNSENT_FACTS	512	/* a power of two */
#define REEL_REACTIONS		1024
#define REEL_ECHOES		8
#define REEL_TEXTS		8

/* In the order in which they are looked at: film comes in before it is taut. */
enum reel_in {
	REEL_IN_TACHO,
	REEL_IN_FILM,
	REEL_IN_FEED,
	REEL_IN_TAKEUP,
	REEL_IN_TAIL,
	REEL_IN_LAMP_SENSE,
	REEL_IN_DOOR,
	REEL_IN_READY,
	REEL_IN_START,
	REEL_IN_STOP,
	REEL_IN_LOCAL,
	REEL_IN_ESTOP,
	REEL_IN_TIMECODE,
	REEL_IN_TIMECODE_START,
	REEL_IN_SOUNDCLOCK,
	REEL_INS,
};

/* In the order in which they are made safe. */
enum reel_out {
	REEL_OUT_DOWSER,
	REEL_OUT_UNMUTE,
	REEL_OUT_MOTOR,
	REEL_OUT_DIRECTION,
	REEL_OUT_LAMP,
	REEL_OUT_DIM,
	REEL_OUT_ANALOG,
	REEL_OUT_ALIVE,
	REEL_OUTS,
};

/* What a device waits for; those of one instant happen in this order. */
enum reel_timer {
	REEL_TIMER_BREATH,
	REEL_TIMER_SETTLE,
	REEL_TIMER_RUNOUT,
	REEL_TIMER_BREAK,
	REEL_TIMER_STALL,
	REEL_TIMER_SPINUP,
	REEL_TIMER_FILM,
	REEL_TIMER_COUNT,
	REEL_TIMER_HEARTBEAT,
	REEL_TIMER_LEASE,
	REEL_TIMER_SELF_TEST,
	REEL_TIMER_STRIKE,
	REEL_TIMER_COOL,
	REEL_TIMERS,
};

struct reel;

/* One input line. `on`: its last known logical level; a momentary line has none. */
struct reel_input {
	struct reel *reel;
	struct gpio_desc *gpiod;
	enum reel_in id;
	int irq;
	u64 told_ns;
	bool on;
	bool sleeps;
};

/* One output line. `on`: what is wanted of it; `late`: the thread has to set it, its chip sleeps. */
struct reel_output {
	struct gpio_desc *gpiod;
	bool on;
	bool sleeps;
	bool late;
};

/* One numbered event. `val`: a number, or a tension, or the film's µs with the sound's in `sound_us`. */
struct reel_fact {
	u64 seq;
	u64 ns;
	u64 frame;
	u64 val;
	u64 sound_us;
	enum reel_word word;
};

/* Which commands are let through, as statemachines/gate.py. `result` is one of REEL_ANSWER_*. */
struct reel_gate {
	u64 fence;
	u64 gen;
	u64 last;
	const char *result;
	char controller[REEL_NAME_LIMIT + 1];
};

/* A line that was written into `command` or `claim`. */
struct reel_order {
	u64 fence;
	u64 gen;
	u64 seq;
	char verb[33];	/* of a claim: the controller */
	char arg[33];
};

/* The answer to an order, kept for the process that wrote it. */
struct reel_echo {
	pid_t tgid;
	u64 turn;
	u64 fence;
	u64 gen;
	u64 seq;
	const char *answer;
};

struct reel_reaction {
	u64 seq;
	u64 confirmed_ns;
	u64 safe_ns;
};

/* A ring as it was when an open file began to read it. */
struct reel_text {
	struct file *file;
	char *text;
	size_t length;
	u64 turn;
};

/* Board values, from the platform device's properties. Times in ns. */
struct reel_board {
	u64 period_ns;	/* of one frame at the speed of projection */
	u64 runout_ns;
	u64 break_ns;
	u64 stall_ns;
	u64 spinup_ns;
	u64 lease_ns;
	u64 leader_frames;
};

/* All that `snapshot` tells: copied under the lock, formatted outside. */
struct reel_state {
	u64 seq;
	u64 frame;
	bool film;
	bool ready;
	bool local;
	bool door_open;
	bool estop;
	enum reel_tension felt;
	enum reel_motor motor;
	bool at_speed;
	bool dowser_open;
	enum reel_lamp lamp;
	enum reel_sound sound;
	enum reel_lights lights;
	bool lease_fed;
	u64 latched[REEL_LATCHES];	/* hw_seq of the first occurrence, 0: not set */
	struct reel_gate gate;
};

struct reel {
	/* Constant once probed. */
	struct device *dev;	/* the platform device */
	struct device *cls;	/* the class device: uevents and attributes */
	struct task_struct *post;
	struct dentry *debug;
	char hall[REEL_NAME_LIMIT + 1];
	enum reel_role role;
	u32 epoch;
	struct reel_board board;

	/* Serialises all that follows, but for the texts. Taken in hard interrupts: nothing under it may sleep. */
	raw_spinlock_t lock;
	bool going;	/* the device is not there yet, or on its way out: nothing acts */
	u64 now;	/* instant of what is happening; never goes back */
	u64 edge;	/* the raw stamp of what is happening */
	struct reel_state s;
	struct reel_input in[REEL_INS];
	struct reel_output out[REEL_OUTS];
	bool late;	/* an output waits for the thread */

	struct hrtimer timer;
	u64 due[REEL_TIMERS];
	u64 armed;	/* for when the hrtimer is set, or U64_MAX */

	/* How timer and thread look after each other. */
	u64 breath_ns;	/* when the timer was last seen alive */
	u64 posted_ns;	/* when the thread was */
	bool stuck;
	bool thread_asked;	/* by the self-test; the thread takes it back */
	const char *self_test;
	char self_test_text[32];

	/* The film's motion. */
	bool powered;	/* the motor line is on */
	bool backwards;	/* the direction line is on */
	bool past_tail;
	bool run_out;	/* the film's end left the feed roller */
	bool head_off;	/* in rewinding its head left the take-up reel */
	bool winding_on;	/* rewinding began with a loose end, which is still being wound on */
	bool reached;	/* since the motor was powered the film was at speed: now a stall is 150 ms */
	bool pardoned;	/* a stall got its last chance */
	u64 tail_seq;
	u64 tail_frame;
	u64 slow_ns;	/* since when the film runs below half its speed, 0: it does not */
	u64 pulse_ns;	/* the last tachometer pulse, 0: none yet */
	u64 pulses;	/* since the motor was powered */
	u64 stamps[REEL_AT_SPEED_PERIODS + 1];
	bool held;	/* a reference on this module, because film is in the path */

	/* A sound rack's two clocks, in pulses of 1/30 s. */
	u64 film_pulses;
	u64 sound_pulses;
	bool ticked;

	u64 safety_facts;
	struct reel_fact ring[REEL_RING_LINES];
	struct reel_fact safety_ring[REEL_SAFETY_RING_LINES];
	DECLARE_KFIFO(unsent, struct reel_fact, REEL_UNSENT_FACTS);	/* filled under the lock, emptied by the thread */
	struct reel_reaction reactions[REEL_REACTIONS];
	u64 reacted;
	struct reel_echo echoes[REEL_ECHOES];
	u64 echo_turn;

	/* Serialises the texts. */
	struct mutex text_lock;
	struct reel_text texts[REEL_TEXTS];
	u64 text_turn;
};

static inline u64 reel_ms(u64 ms)
{
	return ms * NSEC_PER_MSEC;
}

/* reel_core.c: the lock, and what is due when */
unsigned long reel_enter(struct reel *r, u64 stamp);
void reel_leave(struct reel *r, unsigned long flags);
void reel_core_init(struct reel *r);
void reel_core_start(struct reel *r);
void reel_core_stop(struct reel *r);
void reel_stuck(struct reel *r);

static inline void reel_expect(struct reel *r, enum reel_timer timer, u64 at_ns)
{
	r->due[timer] = at_ns;
}

static inline void reel_cancel(struct reel *r, enum reel_timer timer)
{
	r->due[timer] = U64_MAX;
}

static inline bool reel_waits(const struct reel *r, enum reel_timer timer)
{
	return r->due[timer] != U64_MAX;
}

/* reel_lines.c: GPIO lines */
int reel_lines_get(struct reel *r);
int reel_lines_listen(struct reel *r);
void reel_lines_deaf(struct reel *r);
void reel_lines_look(struct reel *r);
bool reel_line_on(struct reel *r, enum reel_in id);
void reel_line_set(struct reel *r, enum reel_out id, bool on);
void reel_lines_safe(struct reel *r);
void reel_lines_late(struct reel *r);

/* reel_journal.c: numbered facts, rings, latches */
extern const char *const reel_latch_names[REEL_LATCHES];
extern const char *const reel_tension_names[REEL_TENSIONS];
extern const char *const reel_role_names[REEL_ROLES];
const char *reel_word_name(enum reel_word word);
u64 reel_say(struct reel *r, enum reel_word word, u64 val);
u64 reel_say_timecode(struct reel *r, u64 film_us, u64 sound_us);
int reel_format_val(char *to, size_t size, const struct reel_fact *fact);
void reel_reacted(struct reel *r, u64 seq, u64 safe_ns);
bool reel_latched(const struct reel *r);

/* reel_post.c: the thread that sends uevents */
int reel_post_start(struct reel *r);
void reel_post_stop(struct reel *r);

/* reel_film.c: motor, dowser, rollers, tachometer */
void reel_drive(struct reel *r, enum reel_motor motor);
void reel_open_dowser(struct reel *r);
void reel_close_dowser(struct reel *r);
void reel_protect(struct reel *r);
void reel_trip(struct reel *r, enum reel_word word);
bool reel_moves(const struct reel *r);
void reel_feel(struct reel *r);
void reel_film_moved(struct reel *r, bool in);
void reel_film_due(struct reel *r);
void reel_threaded(struct reel *r);
void reel_tail_moved(struct reel *r, bool at_sensor);
void reel_settled(struct reel *r);
void reel_runout_due(struct reel *r);
void reel_break_due(struct reel *r);

/* reel_speed.c: the tachometer */
void reel_pulse(struct reel *r);
void reel_stall_due(struct reel *r);
void reel_spinup_due(struct reel *r);
bool reel_speed_holds(struct reel *r);

/* reel_light.c: when light may fall on film */
bool reel_barred(const struct reel *r);
bool reel_light_allowed(struct reel *r);
bool reel_light_rule_holds(struct reel *r);

/* reel_lamp.c */
const char *reel_lamp_on(struct reel *r);
void reel_lamp_off(struct reel *r);
void reel_lamp_seen(struct reel *r, bool lit);
void reel_strike_due(struct reel *r);
void reel_cool_due(struct reel *r);

/* reel_sound.c: the sound rack */
const char *reel_sound_set(struct reel *r, enum reel_sound sound);
void reel_timecode_due(struct reel *r);

/* reel_gate.c: claim, admission, lease, results */
const char *reel_claim(struct reel *r, const struct reel_order *order);
const char *reel_command(struct reel *r, const struct reel_order *order);
void reel_feed(struct reel *r, u64 fence, u64 gen);
void reel_lease_due(struct reel *r);
void reel_remember(struct reel *r, const struct reel_order *order, const char *answer);
struct reel_echo reel_recall(struct reel *r);

/* reel_verbs.c: what a command does */
const char *reel_act(struct reel *r, const struct reel_order *order);
bool reel_cause(struct reel *r, enum reel_latch latch);

/* reel_parse.c: lines that attributes take */
bool reel_parse_command(const char *line, size_t length, struct reel_order *order);
bool reel_parse_claim(const char *line, size_t length, struct reel_order *order);
bool reel_parse_lease(const char *line, size_t length, struct reel_order *order);

/* reel_sysfs.c, reel_ring.c, reel_debugfs.c */
extern const struct attribute_group *reel_groups[];
ssize_t reel_ring_read(struct reel *r, struct file *file, char *to, loff_t at, size_t count, bool safety);
void reel_ring_forget(struct reel *r);
void reel_debugfs_init(void);
void reel_debugfs_exit(void);
void reel_debugfs_add(struct reel *r);

#endif
