/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reelsim - a simulated projector: film, motor, lamp and people's hands behind a gpio_chip with real interrupts.
 *
 * Nothing here knows reelctl: it sees GPIO lines, as on a real board.
 */
#ifndef REELSIM_H
#define REELSIM_H

#include <linux/bitmap.h>
#include <linux/gpio/driver.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define REELSIM_MAX_HALLS 8
#define REELSIM_HALL_LEN 16

/* Positions are pico-frames, speeds frames a second x 1,000, times ns: speed x time is a position. */
#define REELSIM_PICO 1000000000000LL
#define REELSIM_NEVER S64_MAX

/* Timecode and the sound's clock have 30 pulses to a second, which is 24 frames of film. */
#define REELSIM_TIMECODE_PICO (REELSIM_PICO * 24 / 30)

/* The speed of sound film (film gauge tables), in frames a second x 1,000. */
#define REELSIM_BASE_FPS_MILLI 24000
#define REELSIM_MIN_FPS_MILLI 1000
#define REELSIM_MAX_FPS_MILLI 2000000

enum reelsim_line {
	/* what reelctl reads */
	LINE_TACHO,
	LINE_FILM, /* before the rollers: edges of one instant come in the order of their lines */
	LINE_FEED,
	LINE_TAKEUP,
	LINE_TAIL,
	LINE_LAMP_SENSE,
	LINE_DOOR,
	LINE_READY,
	LINE_START,
	LINE_STOP,
	LINE_LOCAL,
	LINE_ESTOP,
	LINE_TIMECODE_START, /* before the other two: it begins their count anew */
	LINE_TIMECODE,
	LINE_SOUNDCLOCK,
	/* what reelctl drives */
	LINE_MOTOR,
	LINE_DIRECTION,
	LINE_DOWSER,
	LINE_LAMP,
	LINE_UNMUTE,
	LINE_DIM,
	LINE_SOUND_UNMUTE,
	LINE_SOUND_ANALOG,
	LINES,
};

#define LINE_FIRST_OUTPUT LINE_MOTOR

/* What the hall waits for; each is due at an instant of the hall's own clock. */
enum reelsim_wait {
	WAIT_FRAME,
	WAIT_SETTLE,
	WAIT_TIMECODE,
	WAIT_OWED,
	WAIT_STRIKE,
	WAIT_BUTTONS,
	WAIT_RAW_TACHO,
	WAIT_VIOLATION,
	WAITS,
};

/*
 * From start at since the speed changes evenly from speed to target within ramp ns, then stays. Speed and target
 * never have opposite signs: film that turns back stands for an instant first.
 */
struct reelsim_motion {
	s64 start;
	s64 since;
	s64 speed;
	s64 target;
	s64 ramp;
};

s64 reelsim_position(const struct reelsim_motion *motion, s64 at);
s64 reelsim_speed(const struct reelsim_motion *motion, s64 at);
void reelsim_towards(struct reelsim_motion *motion, s64 target, s64 at, s64 ramp);
void reelsim_stand(struct reelsim_motion *motion, s64 position, s64 at);
s64 reelsim_reaches(const struct reelsim_motion *motion, s64 position);
s64 reelsim_times(s64 a, s64 b, s64 divisor);

/*
 * The film: what is true of it, whatever a sensor says. ran_out: its end left the feed roller; head_off: its head
 * left the take-up reel. counted: the whole frame that last passed, as the tachometer's sprocket has it.
 */
struct reelsim_film {
	struct reelsim_motion motion;
	s64 counted;
	s64 timecoded;
	s64 end;
	s64 tail;
	u32 rewind_fps_milli;
	bool threaded;
	bool ran_out;
	bool head_off;
	bool broken;
	bool jammed;
	bool racing;
	bool slow;
	bool slack_feed;
};

/*
 * One hall. lock serialises all below it; it is taken in hard interrupts and from reelctl's own interrupt handlers
 * (which set lines), so no interrupt is ever delivered with it held.
 */
struct reelsim {
	char hall[REELSIM_HALL_LEN + 1];
	u32 fps_milli;
	u32 spinup_ms;
	struct platform_device *pdev;
	struct gpio_chip chip;
	struct gpiod_lookup_table *lookups[2];
	struct platform_device *reels[2];
	struct dentry *dir;
	struct hrtimer timer;
	struct irq_work edges;
	struct irq_work burst;
	/* One pair of hands at a time. */
	struct mutex hands;

	raw_spinlock_t lock;
	bool ended;
	/* Film time stands still while this machine is not given its processor: it lags behind the monotonic clock. */
	s64 lag;
	s64 now;
	s64 due[WAITS];
	DECLARE_BITMAP(level, LINES);
	DECLARE_BITMAP(pending, LINES);
	DECLARE_BITMAP(masked, LINES);
	DECLARE_BITMAP(rising, LINES);
	DECLARE_BITMAP(falling, LINES);
	struct reelsim_film film;
	bool lamp_bad;
	bool lamp_lit;
	bool timecode_frozen;
	bool sound_ahead;
	u32 timecode_owed;
	u32 sound_owed;
	u32 sound_skips;
	u32 raw_tacho_hz;
	bool rattled;
	u32 burst_edges;
	bool burst_snaps;
	s64 slow_since; /* film is below its speed since then, or REELSIM_NEVER */
	u64 violations;
};

/* reelsim_chip.c: lines and interrupts */
int reelsim_chip_add(struct reelsim *sim);
void reelsim_chip_remove(struct reelsim *sim);
bool reelsim_level(const struct reelsim *sim, unsigned int line);
void reelsim_drive_line(struct reelsim *sim, unsigned int line, bool level);
void reelsim_deliver(struct reelsim *sim);
void reelsim_deliver_soon(struct reelsim *sim);

/* Callers of all that follows hold the lock, but for init and end. */

/* reelsim_clock.c: what is due when */
void reelsim_clock_init(struct reelsim *sim);
void reelsim_clock_end(struct reelsim *sim);
s64 reelsim_now(struct reelsim *sim);
void reelsim_arm(struct reelsim *sim);

/* reelsim_film.c: film, motor and lamp */
void reelsim_feel(struct reelsim *sim, s64 now);
void reelsim_expect(struct reelsim *sim);
s64 reelsim_wanted_speed(const struct reelsim *sim);
void reelsim_drive(struct reelsim *sim, s64 now);
void reelsim_thread(struct reelsim *sim, s64 position, s64 now);
void reelsim_light_stayed(struct reelsim *sim, s64 now);
bool reelsim_frame_passed(struct reelsim *sim, s64 now);
bool reelsim_moves(const struct reelsim *sim, s64 now);
void reelsim_lamp_switched(struct reelsim *sim, bool on, s64 now);
void reelsim_outputs_changed(struct reelsim *sim, unsigned int line, bool level, s64 now);

/* reelsim_sound.c: timecode, and the sound that follows it */
unsigned long reelsim_timecode_passed(struct reelsim *sim, s64 now);
unsigned long reelsim_owed_came(struct reelsim *sim, s64 now);
void reelsim_put_sound(struct reelsim *sim, bool ahead, s64 now);
void reelsim_read_timecode(struct reelsim *sim, bool frozen, s64 now);

/* reelsim_hands.c: what people do, and what goes wrong */
struct reelsim_hand {
	const char *name;
	int (*move)(struct reelsim *sim, const char *text, s64 now);
};

extern const struct reelsim_hand reelsim_hands[];
void reelsim_rattle_now(struct irq_work *work);

/* reelsim_debugfs.c: their files */
void reelsim_debugfs_add(struct reelsim *sim, struct dentry *root);

/* reelsim_board.c: what a board file would say: lookup tables and the platform devices */
int reelsim_board_add(struct reelsim *sim, unsigned int place);
void reelsim_board_remove(struct reelsim *sim);

#endif
