// SPDX-License-Identifier: GPL-2.0-only
/*
 * Film, motor and lamp: where the film is, what the rollers feel of it, and whether light falls on it as it may.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "reelsim.h"

/* From 24 frames a second to standing (assumed); a faster projector brakes within as many frames. */
#define BRAKE_NS (300 * NSEC_PER_MSEC)
/* A motor that runs away: well beyond the 115 % at which a device must notice. */
#define RACE_PERCENT 160
/* From the lamp line to light (assumed). */
#define STRIKE_NS NSEC_PER_SEC

/* A motor that has lost a phase. */
#define SLOW_PERCENT 40

/* Film that light may fall on runs at this much of its speed; a device's own judgement of eight periods is stricter. */
#define AT_SPEED_PERCENT 95
/* That it stands or slows down, one pulse a frame tells only after some frames: */
#define UNSEEN_FRAMES 3
#define UNSEEN_NS (50 * NSEC_PER_MSEC)
/* Light that falls already stays at half the speed; */
#define HALF_PERCENT 50
/* the device has closed the dowser this long after tension is lost, */
#define SLACK_GRACE_NS NSEC_PER_MSEC
/* this long after film stands (150 ms without a pulse, and some), */
#define STALL_GRACE_NS (250 * NSEC_PER_MSEC)
/* and so many frames later when it is only slow: eight of its own slower periods tell. */
#define SLOW_GRACE_FRAMES 30

static bool motor_runs(const struct reelsim *sim)
{
	return reelsim_level(sim, LINE_MOTOR) && !reelsim_level(sim, LINE_DIRECTION);
}

bool reelsim_moves(const struct reelsim *sim, s64 now)
{
	return sim->film.motion.target || reelsim_speed(&sim->film.motion, now);
}

static bool is_slow(const struct reelsim *sim, s64 now, int percent)
{
	return !motor_runs(sim) || reelsim_speed(&sim->film.motion, now) * 100 < (s64)sim->fps_milli * percent;
}

static bool is_taut(const struct reelsim *sim)
{
	return reelsim_level(sim, LINE_FEED) && reelsim_level(sim, LINE_TAKEUP);
}

static s64 frames_ns(const struct reelsim *sim, int frames)
{
	return div_s64(frames * 1000 * NSEC_PER_SEC, sim->fps_milli);
}

static s64 grace_ns(const struct reelsim *sim, s64 now)
{
	if (!is_taut(sim))
		return SLACK_GRACE_NS;
	if (!reelsim_moves(sim, now))
		return STALL_GRACE_NS;
	return STALL_GRACE_NS + frames_ns(sim, SLOW_GRACE_FRAMES);
}

/*
 * Light on film that is slack or slow: a violation once it has lasted longer than a device needs to see it. That time
 * begins when it is noticed here, not at an instant of the film that is met late.
 */
static void watch_the_light(struct reelsim *sim, s64 now)
{
	s64 noticed = max_t(s64, now, ktime_get_ns() - sim->lag);

	if (!is_slow(sim, now, AT_SPEED_PERCENT))
		sim->slow_since = REELSIM_NEVER;
	else if (sim->slow_since == REELSIM_NEVER)
		sim->slow_since = now;
	if (reelsim_level(sim, LINE_DOWSER) && (!is_taut(sim) || is_slow(sim, now, HALF_PERCENT)))
		sim->due[WAIT_VIOLATION] = min(sim->due[WAIT_VIOLATION], noticed + grace_ns(sim, now));
	else
		sim->due[WAIT_VIOLATION] = REELSIM_NEVER;
}

/* Whether light must not begin to fall, as any device could know. */
static bool must_stay_dark(const struct reelsim *sim, s64 now)
{
	if (!is_taut(sim) || !motor_runs(sim))
		return true;
	return sim->slow_since != REELSIM_NEVER &&
	       now - sim->slow_since > UNSEEN_NS + frames_ns(sim, UNSEEN_FRAMES);
}

/* The time is over. A device whose interrupt is still under way could not know. */
void reelsim_light_stayed(struct reelsim *sim, s64 now)
{
	DECLARE_BITMAP(untold, LINES);

	if (bitmap_andnot(untold, sim->pending, sim->masked, LINES))
		sim->due[WAIT_VIOLATION] = now + SLACK_GRACE_NS;
	else
		sim->violations++;
}

/* Set every sensor's line as things are now. */
void reelsim_feel(struct reelsim *sim, s64 now)
{
	const struct reelsim_film *film = &sim->film;
	bool held = film->threaded && !film->broken && !film->head_off;

	reelsim_drive_line(sim, LINE_FEED, (held && !film->ran_out && !film->slack_feed) != sim->rattled);
	reelsim_drive_line(sim, LINE_TAKEUP, held);
	reelsim_drive_line(sim, LINE_FILM, film->threaded);
	reelsim_drive_line(sim, LINE_TAIL, film->threaded && film->counted >= film->tail);
	reelsim_drive_line(sim, LINE_LAMP_SENSE, sim->lamp_lit);
	watch_the_light(sim, now);
}

/* Work out anew when the film, as it now moves, will be where a sensor speaks. */
void reelsim_expect(struct reelsim *sim)
{
	const struct reelsim_film *film = &sim->film;
	bool forward = max(film->motion.speed, film->motion.target) > 0;

	sim->due[WAIT_FRAME] = reelsim_reaches(&film->motion, (film->counted + forward) * REELSIM_PICO);
	sim->due[WAIT_TIMECODE] = REELSIM_NEVER;
	if (forward && film->threaded)
		sim->due[WAIT_TIMECODE] = reelsim_reaches(&film->motion, (film->timecoded + 1) * REELSIM_TIMECODE_PICO);
}

s64 reelsim_wanted_speed(const struct reelsim *sim)
{
	const struct reelsim_film *film = &sim->film;

	if (!reelsim_level(sim, LINE_MOTOR) || film->jammed)
		return 0;
	if (!motor_runs(sim))
		return film->threaded && !film->head_off ? -(s64)film->rewind_fps_milli : 0;
	if (film->ran_out)
		return 0;
	if (film->racing)
		return (s64)sim->fps_milli * RACE_PERCENT / 100;
	return film->slow ? (s64)sim->fps_milli * SLOW_PERCENT / 100 : sim->fps_milli;
}

/* Change towards what the motor wants; film that runs the other way is braked first. */
void reelsim_drive(struct reelsim *sim, s64 now)
{
	struct reelsim_film *film = &sim->film;
	struct reelsim_motion *motion = &film->motion;
	s64 speed = reelsim_speed(motion, now), wanted = reelsim_wanted_speed(sim);
	s64 brake = div_s64(BRAKE_NS * REELSIM_BASE_FPS_MILLI, sim->fps_milli);

	if (film->jammed)
		reelsim_stand(motion, reelsim_position(motion, now), now);
	else if (!wanted || speed * wanted < 0)
		reelsim_towards(motion, 0, now, speed ? brake : 0);
	else
		reelsim_towards(motion, wanted, now, (s64)sim->spinup_ms * NSEC_PER_MSEC);
	if (motion->target < 0)
		film->ran_out = false;
	sim->due[WAIT_SETTLE] = motion->ramp ? motion->since + motion->ramp : REELSIM_NEVER;
	film->timecoded = min(film->timecoded, div64_s64(max(motion->start, 0LL), REELSIM_TIMECODE_PICO));
	reelsim_expect(sim);
}

/* The film lies in the path anew, head first or where it was; or the path is empty. */
void reelsim_thread(struct reelsim *sim, s64 position, s64 now)
{
	struct reelsim_film *film = &sim->film;

	position = max(position, 0LL);
	reelsim_stand(&film->motion, position, now);
	film->counted = div64_s64(position, REELSIM_PICO);
	film->timecoded = div64_s64(position, REELSIM_TIMECODE_PICO);
	film->broken = film->ran_out = film->head_off = false;
	sim->due[WAIT_SETTLE] = REELSIM_NEVER;
	reelsim_expect(sim);
}

static void stand_at(struct reelsim *sim, s64 frame, s64 now)
{
	reelsim_stand(&sim->film.motion, frame * REELSIM_PICO, now);
	sim->due[WAIT_SETTLE] = REELSIM_NEVER;
}

/* A whole frame has passed: one pulse of the tachometer, unless it was the head that came off. */
bool reelsim_frame_passed(struct reelsim *sim, s64 now)
{
	struct reelsim_film *film = &sim->film;
	bool forward = max(film->motion.speed, film->motion.target) > 0;

	if (!forward && film->counted <= 0) {
		film->head_off = film->threaded;
		stand_at(sim, 0, now);
		reelsim_expect(sim);
		return false;
	}
	film->counted += forward ? 1 : -1;
	if (forward && film->threaded && film->counted >= film->end) {
		film->ran_out = true;
		stand_at(sim, film->end, now);
	}
	reelsim_expect(sim);
	return !sim->raw_tacho_hz;
}

void reelsim_lamp_switched(struct reelsim *sim, bool on, s64 now)
{
	sim->lamp_lit = false;
	sim->due[WAIT_STRIKE] = on ? now + STRIKE_NS : REELSIM_NEVER;
}

/* The device sets one of its lines. Dowser open before the film runs, or after it is let go: a violation at once. */
void reelsim_outputs_changed(struct reelsim *sim, unsigned int line, bool level, s64 now)
{
	bool open = reelsim_level(sim, LINE_DOWSER);

	reelsim_drive_line(sim, line, level);
	switch (line) {
	case LINE_MOTOR:
	case LINE_DIRECTION:
		sim->violations += open && !motor_runs(sim);
		reelsim_drive(sim, now);
		break;
	case LINE_DOWSER:
		sim->violations += level && must_stay_dark(sim, now);
		break;
	case LINE_LAMP:
		reelsim_lamp_switched(sim, level, now);
		break;
	default:
		break;
	}
	reelsim_feel(sim, now);
	reelsim_arm(sim);
	if (!bitmap_empty(sim->pending, LINES))
		reelsim_deliver_soon(sim);
}

