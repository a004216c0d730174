// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock of a device, and its named deadlines on one hrtimer.
 *
 * Whoever enters meets first what was due before, each at its own instant; so a device is never in a state that
 * time has passed by, however late its timer is served.
 */
#include <linux/version.h>

#include "reel.h"

static void reel_heartbeat_due(struct reel *r);
static void reel_breath_due(struct reel *r);
static void reel_count_due(struct reel *r);
static void reel_self_test_due(struct reel *r);

static void (*const reel_due[REEL_TIMERS])(struct reel *r) = {
	[REEL_TIMER_BREATH] = reel_breath_due,
	[REEL_TIMER_SETTLE] = reel_settled,
	[REEL_TIMER_RUNOUT] = reel_runout_due,
	[REEL_TIMER_BREAK] = reel_break_due,
	[REEL_TIMER_STALL] = reel_stall_due,
	[REEL_TIMER_SPINUP] = reel_spinup_due,
	[REEL_TIMER_FILM] = reel_film_due,
	[REEL_TIMER_COUNT] = reel_count_due,
	[REEL_TIMER_HEARTBEAT] = reel_heartbeat_due,
	[REEL_TIMER_LEASE] = reel_lease_due,
	[REEL_TIMER_SELF_TEST] = reel_self_test_due,
	[REEL_TIMER_STRIKE] = reel_strike_due,
	[REEL_TIMER_COOL] = reel_cool_due,
};

static enum reel_timer reel_next(const struct reel *r)
{
	enum reel_timer next = 0, each;

	for (each = 1; each < REEL_TIMERS; each++)
		if (r->due[each] < r->due[next])
			next = each;
	return next;
}

/* Let everything happen that is due until `stamp`. */
static void reel_meet(struct reel *r, u64 stamp)
{
	enum reel_timer next;

	while (r->due[next = reel_next(r)] <= stamp) {
		if (stamp - r->due[next] > reel_ms(REEL_STUCK_MS))
			reel_stuck(r);
		r->edge = r->due[next];
		r->now = max(r->now, r->edge);
		reel_cancel(r, next);
		reel_due[next](r);
	}
}

/**
 * reel_enter() - take the lock of a device, at the instant of what happened.
 * @r: the device
 * @stamp: when it happened: the first thing that an interrupt reads
 *
 * Return: what reel_leave() wants.
 */
unsigned long reel_enter(struct reel *r, u64 stamp)
	__acquires(&r->lock)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&r->lock, flags);
	if (!r->going)
		reel_meet(r, stamp);
	r->edge = stamp;
	r->now = max(r->now, stamp);
	return flags;
}

/* The hrtimer is moved forward only: one that comes too early finds nothing due and is set anew. */
static void reel_arm(struct reel *r)
{
	u64 next = r->due[reel_next(r)];

	if (next >= r->armed)
		return;
	r->armed = next;
	hrtimer_start(&r->timer, ns_to_ktime(next), HRTIMER_MODE_ABS_HARD);
}

/* The thread is woken under the lock, so that it is never woken once `going` was seen. */
void reel_leave(struct reel *r, unsigned long flags)
	__releases(&r->lock)
{
	if (!r->going) {
		reel_arm(r);
		if (r->late || r->thread_asked || !kfifo_is_empty(&r->unsent))
			wake_up_process(r->post);
	}
	raw_spin_unlock_irqrestore(&r->lock, flags);
}

static enum hrtimer_restart reel_timer_due(struct hrtimer *timer)
{
	struct reel *r = container_of(timer, struct reel, timer);
	unsigned long flags = reel_enter(r, ktime_get_ns());

	r->armed = U64_MAX;
	reel_leave(r, flags);
	return HRTIMER_NORESTART;
}

/* The next of a row of deadlines; those that were missed are left out. */
static u64 reel_later(const struct reel *r, u64 period_ns)
{
	return max(r->edge, ktime_get_ns() - period_ns) + period_ns;
}

static void reel_heartbeat_due(struct reel *r)
{
	reel_expect(r, REEL_TIMER_HEARTBEAT, reel_later(r, reel_ms(REEL_HEARTBEAT_MS)));
	reel_say(r, REEL_WORD_HEARTBEAT, 0);
}

static void reel_count_due(struct reel *r)
{
	reel_expect(r, REEL_TIMER_COUNT, reel_later(r, reel_ms(REEL_COUNT_MS)));
	if (r->role == REEL_ROLE_SOUND)
		reel_timecode_due(r);
	else
		reel_say(r, REEL_WORD_FRAME, 0);
}

/* The device's own timer or thread stood still for a second: what it guards may be unguarded. Told once. */
void reel_stuck(struct reel *r)
{
	if (r->stuck)
		return;
	r->stuck = true;
	if (r->role == REEL_ROLE_PROJECTION)
		reel_trip(r, REEL_WORD_WATCHDOG);
	else
		reel_say(r, REEL_WORD_WATCHDOG, 0);
}

static void reel_breath_due(struct reel *r)
{
	u64 real_ns = ktime_get_ns();

	reel_expect(r, REEL_TIMER_BREATH, real_ns + reel_ms(REEL_BREATH_MS));
	r->breath_ns = real_ns;
	if (real_ns - min(real_ns, r->posted_ns) > reel_ms(REEL_STUCK_MS))
		reel_stuck(r);
	else if (real_ns - r->edge < reel_ms(REEL_BREATH_MS))
		r->stuck = false;
	/* What hears this line toggle lets the safety relay hold; a kernel that stands still lets it drop. */
	if (!r->stuck)
		reel_line_set(r, REEL_OUT_ALIVE, !r->out[REEL_OUT_ALIVE].on);
	reel_lines_look(r);
}

static void reel_self_test_due(struct reel *r)
{
	enum reel_latch latch;

	r->self_test = "ok";
	if (r->thread_asked)
		r->self_test = "failed:thread";
	for (latch = 0; latch < REEL_LATCHES; latch++) {
		if (!reel_cause(r, latch))
			continue;
		snprintf(r->self_test_text, sizeof(r->self_test_text), "failed:%s", reel_latch_names[latch]);
		r->self_test = r->self_test_text;
		break;
	}
	if (r->role == REEL_ROLE_PROJECTION && !reel_light_rule_holds(r))
		r->self_test = "failed:interlock";
	reel_say(r, REEL_WORD_SELFTEST, r->self_test[0] == 'o');
}

void reel_core_init(struct reel *r)
{
	enum reel_timer each;

	raw_spin_lock_init(&r->lock);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(&r->timer, reel_timer_due, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
#else
	hrtimer_init(&r->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	r->timer.function = reel_timer_due;
#endif
	r->armed = U64_MAX;
	for (each = 0; each < REEL_TIMERS; each++)
		reel_cancel(r, each);
	r->self_test = "idle";
	r->going = true;	/* attributes are there before the class device is known: nothing acts yet */
}

/* From here on the device lives: what its lines say is told. */
void reel_core_start(struct reel *r)
{
	u64 now = ktime_get_ns();
	unsigned long flags;

	r->posted_ns = now;
	r->breath_ns = now;
	flags = reel_enter(r, now);
	r->going = false;
	reel_expect(r, REEL_TIMER_BREATH, now + reel_ms(REEL_BREATH_MS));
	reel_expect(r, REEL_TIMER_HEARTBEAT, now + reel_ms(REEL_HEARTBEAT_MS));
	if (r->role == REEL_ROLE_SOUND)
		reel_expect(r, REEL_TIMER_COUNT, now + reel_ms(REEL_COUNT_MS));
	reel_leave(r, flags);
}

/* From here on nothing acts any more; every line that can be set at once is safe. */
void reel_core_stop(struct reel *r)
{
	unsigned long flags = reel_enter(r, ktime_get_ns());

	if (!r->going) {
		if (r->role == REEL_ROLE_PROJECTION)
			reel_protect(r);
		reel_lines_safe(r);
		r->going = true;
	}
	reel_leave(r, flags);
	hrtimer_cancel(&r->timer);
}
