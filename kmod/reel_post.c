// SPDX-License-Identifier: GPL-2.0-only
/* The threaded half of a device: it may sleep, so it sends the uevents and sets the lines of chips that sleep. */
#include <linux/kobject.h>
#include <linux/kthread.h>

#include "reel.h"

static void reel_send(struct reel *r, const struct reel_fact *fact)
{
	char event[40], seq[40], epoch[40], frame[40], ns[40], val[64] = REEL_KEY_VAL "=";
	char *keys[] = { event, seq, epoch, frame, ns, val, NULL };
	const size_t behind = sizeof(REEL_KEY_VAL);

	snprintf(event, sizeof(event), REEL_KEY_EVENT "=%s", reel_word_name(fact->word));
	snprintf(seq, sizeof(seq), REEL_KEY_SEQ "=%llu", fact->seq);
	snprintf(epoch, sizeof(epoch), REEL_KEY_EPOCH "=%u", r->epoch);
	snprintf(frame, sizeof(frame), REEL_KEY_FRAME "=%llu", fact->frame);
	snprintf(ns, sizeof(ns), REEL_KEY_NS "=%llu", fact->ns);
	reel_format_val(val + behind, sizeof(val) - behind, fact);
	/* One that finds no memory or no room is missing among the numbers: the rings have it. */
	kobject_uevent_env(&r->cls->kobj, KOBJ_CHANGE, keys);
}

/* The thread is alive; so must the timer be, which breathes ten times a second. */
static void reel_post_breathe(struct reel *r)
{
	u64 now = ktime_get_ns();
	unsigned long flags;
	bool silent;

	raw_spin_lock_irqsave(&r->lock, flags);
	r->posted_ns = now;
	r->thread_asked = false;
	silent = now - min(now, r->breath_ns) > reel_ms(REEL_STUCK_MS);
	raw_spin_unlock_irqrestore(&r->lock, flags);
	if (!silent)
		return;
	flags = reel_enter(r, now);
	if (!r->going) {
		reel_stuck(r);
		r->armed = U64_MAX;	/* set it anew, whatever became of it */
	}
	reel_leave(r, flags);
}

/* One wake may stand for many facts. */
static void reel_post_all(struct reel *r)
{
	struct reel_fact fact;

	reel_lines_late(r);
	while (kfifo_get(&r->unsent, &fact)) {
		reel_send(r, &fact);
		reel_post_breathe(r);
	}
	reel_post_breathe(r);
}

static int reel_post(void *data)
{
	struct reel *r = data;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		if (kfifo_is_empty(&r->unsent) && !READ_ONCE(r->late) && !READ_ONCE(r->thread_asked))
			schedule_timeout(msecs_to_jiffies(REEL_BREATH_MS));
		__set_current_state(TASK_RUNNING);
		reel_post_all(r);
	}
	__set_current_state(TASK_RUNNING);
	reel_post_all(r);
	return 0;
}

int reel_post_start(struct reel *r)
{
	struct task_struct *post = kthread_create(reel_post, r, "reel/%s-%s", r->hall, reel_role_names[r->role]);

	if (IS_ERR(post))
		return PTR_ERR(post);
	/* Ahead of what is not urgent; but no real-time thread, or a storm would keep away whoever hears it. */
	set_user_nice(post, MIN_NICE);
	r->post = get_task_struct(post);
	wake_up_process(post);
	return 0;
}

/* Everything that was said is sent before this returns. */
void reel_post_stop(struct reel *r)
{
	kthread_stop(r->post);
	put_task_struct(r->post);
}
