// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which commands are let through: one value under the device's lock, the same rules as statemachines/gate.py.
 * Only the newest (fence, gen) is obeyed; no command acts twice or out of order. Also the dead-man lease.
 */
#include <linux/sched.h>
#include <linux/string.h>

#include "reel.h"

static int reel_compare(const struct reel_gate *gate, u64 fence, u64 gen)
{
	if (fence != gate->fence)
		return fence < gate->fence ? -1 : 1;
	if (gen != gate->gen)
		return gen < gate->gen ? -1 : 1;
	return 0;
}

/**
 * reel_claim() - answer a controller that wants to be obeyed as (fence, gen).
 * @r: the device, locked
 * @order: its numbers, and the controller in the place of the verb
 *
 * SEQ is the highest number that the controller will never send again: `last` rises to it. A refusal changes
 * nothing; a claim that is let through feeds the lease.
 */
const char *reel_claim(struct reel *r, const struct reel_order *order)
{
	struct reel_gate *gate = &r->s.gate;
	bool other = gate->controller[0] && strcmp(gate->controller, order->verb);

	if (other && (r->s.lease_fed || order->fence == gate->fence))
		return REEL_ANSWER_REFUSED_HELD;
	if (reel_compare(gate, order->fence, order->gen) <= 0)
		return REEL_ANSWER_REFUSED_STALE;
	gate->fence = order->fence;
	gate->gen = order->gen;
	strscpy(gate->controller, order->verb, sizeof(gate->controller));
	if (order->seq > gate->last) {
		gate->last = order->seq;
		gate->result = REEL_ANSWER_FAILED_UNKNOWN;
	}
	reel_feed(r, gate->fence, gate->gen);
	return REEL_ANSWER_OK;
}

/**
 * reel_command() - answer one command; act on it if it is the next one of the present holder.
 * @r: the device, locked
 * @order: what was written
 *
 * The same SEQ is answered from memory before its verb is looked at. safe_stop acts at any higher SEQ.
 */
const char *reel_command(struct reel *r, const struct reel_order *order)
{
	struct reel_gate *gate = &r->s.gate;
	int newer = reel_compare(gate, order->fence, order->gen);

	if (!gate->controller[0] || newer < 0)
		return REEL_ANSWER_REFUSED_STALE;
	if (newer > 0 || order->seq < gate->last)
		return REEL_ANSWER_REFUSED_GAP;
	if (order->seq == gate->last)
		return gate->result;
	if (order->seq != gate->last + 1 && strcmp(order->verb, "safe_stop"))
		return REEL_ANSWER_REFUSED_GAP;
	gate->result = reel_act(r, order);
	gate->last = order->seq;
	return gate->result;
}

/* One ping of the lease; only the present holder's counts. */
void reel_feed(struct reel *r, u64 fence, u64 gen)
{
	if (!r->s.gate.controller[0] || reel_compare(&r->s.gate, fence, gen))
		return;
	r->s.lease_fed = true;
	reel_expect(r, REEL_TIMER_LEASE, r->now + r->board.lease_ns);
}

/* Nobody pings: what no audience watches is stopped; a show goes on to its tail. */
void reel_lease_due(struct reel *r)
{
	r->s.lease_fed = false;
	if (r->role == REEL_ROLE_PROJECTION && !r->s.dowser_open)
		reel_drive(r, REEL_MOTOR_STOP);
}

/* Keep an answer for the process that asked, in the place of the oldest of all. */
void reel_remember(struct reel *r, const struct reel_order *order, const char *answer)
{
	pid_t tgid = task_tgid_nr(current);
	struct reel_echo *echo, *place = r->echoes;

	for (echo = r->echoes; echo < r->echoes + REEL_ECHOES; echo++) {
		if (echo->tgid == tgid) {
			place = echo;
			break;
		}
		if (echo->turn < place->turn)
			place = echo;
	}
	*place = (struct reel_echo){
		.tgid = tgid, .turn = ++r->echo_turn,
		.fence = order->fence, .gen = order->gen, .seq = order->seq, .answer = answer,
	};
}

/*
 * What the calling process was answered last; if it asked nothing lately, what anybody was. Two agents at one
 * device so never take each other's answers. A line carries its numbers: an old one is known for what it is.
 */
struct reel_echo reel_recall(struct reel *r)
{
	pid_t tgid = task_tgid_nr(current);
	struct reel_echo *echo, *newest = r->echoes;

	for (echo = r->echoes; echo < r->echoes + REEL_ECHOES; echo++) {
		if (echo->turn && echo->tgid == tgid)
			return *echo;
		if (echo->turn > newest->turn)
			newest = echo;
	}
	return *newest;
}
