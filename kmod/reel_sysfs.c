// SPDX-License-Identifier: GPL-2.0-only
/* The attributes of a device. What is malformed answers EINVAL and changes nothing. */
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/version.h>

#include "reel.h"

static const char *const reel_motor_names[REEL_MOTORS] = { REEL_MOTOR_NAMES };
static const char *const reel_lamp_names[REEL_LAMPS] = { REEL_LAMP_NAMES };
static const char *const reel_sound_names[REEL_SOUNDS] = { REEL_SOUND_NAMES };
static const char *const reel_lights_names[REEL_LIGHTS_COUNT] = { REEL_LIGHTS_NAMES };

/* The latches that are set, in the order of their first occurrence. */
static void reel_format_latches(char *to, size_t size, const u64 *latched)
{
	enum reel_latch latch, next;
	size_t length = 0;
	u64 after = 0;

	to[0] = '\0';
	for (;;) {
		next = REEL_LATCHES;
		for (latch = 0; latch < REEL_LATCHES; latch++)
			if (latched[latch] > after && (next == REEL_LATCHES || latched[latch] < latched[next]))
				next = latch;
		if (next == REEL_LATCHES)
			return;
		after = latched[next];
		length += scnprintf(to + length, size - length, "%s%s:%llu", length ? "," : "",
				    reel_latch_names[next], after);
	}
}

static const char *reel_leaf(bool open)
{
	return open ? "open" : "closed";
}

static ssize_t snapshot_show(struct device *dev, struct device_attribute *attr, char *to)
{
	struct reel *r = dev_get_drvdata(dev);
	unsigned long long epoch = r->epoch, ns;
	unsigned long flags;
	struct reel_state s;
	char latched[REEL_LATCHES * 32];
	const char *lease;

	flags = reel_enter(r, ktime_get_ns());
	s = r->s;
	ns = r->now;
	reel_leave(r, flags);
	reel_format_latches(latched, sizeof(latched), s.latched);
	lease = s.lease_fed ? "fed" : "ended";
	if (r->role == REEL_ROLE_SOUND)
		return sysfs_emit(to, REEL_SNAPSHOT_SOUND, epoch, s.seq, ns, reel_sound_names[s.sound], lease, latched,
				  s.gate.fence, s.gate.gen, s.gate.last);
	return sysfs_emit(to, REEL_SNAPSHOT_PROJECTION, epoch, s.seq, ns, s.frame, s.film, s.ready, s.local,
			  reel_leaf(s.door_open), s.estop, reel_tension_names[s.felt], reel_motor_names[s.motor],
			  s.at_speed, reel_leaf(s.dowser_open), reel_lamp_names[s.lamp], reel_sound_names[s.sound],
			  reel_lights_names[s.lights], lease, latched, s.gate.fence, s.gate.gen, s.gate.last);
}

/* A command or a claim: answered under one lock, and the answer kept for who asked. */
static int reel_order(struct reel *r, const struct reel_order *order,
		      const char *(*answer)(struct reel *r, const struct reel_order *order))
{
	unsigned long flags = reel_enter(r, ktime_get_ns());
	bool going = r->going;

	if (!going)
		reel_remember(r, order, answer(r, order));
	reel_leave(r, flags);
	return going ? -ENODEV : 0;
}

static ssize_t command_store(struct device *dev, struct device_attribute *attr, const char *line, size_t length)
{
	struct reel_order order;

	if (!reel_parse_command(line, length, &order))
		return -EINVAL;
	return reel_order(dev_get_drvdata(dev), &order, reel_command) ?: length;
}

static ssize_t claim_store(struct device *dev, struct device_attribute *attr, const char *line, size_t length)
{
	struct reel_order order;

	if (!reel_parse_claim(line, length, &order))
		return -EINVAL;
	return reel_order(dev_get_drvdata(dev), &order, reel_claim) ?: length;
}

static ssize_t result_show(struct device *dev, struct device_attribute *attr, char *to)
{
	struct reel *r = dev_get_drvdata(dev);
	struct reel_echo echo;
	unsigned long flags;

	raw_spin_lock_irqsave(&r->lock, flags);
	echo = reel_recall(r);
	raw_spin_unlock_irqrestore(&r->lock, flags);
	return sysfs_emit(to, "%llu %llu %llu %s\n", echo.fence, echo.gen, echo.seq,
			  echo.answer ?: REEL_ANSWER_FAILED_UNKNOWN);
}

static ssize_t lease_store(struct device *dev, struct device_attribute *attr, const char *line, size_t length)
{
	struct reel *r = dev_get_drvdata(dev);
	struct reel_order order;
	unsigned long flags;

	if (!reel_parse_lease(line, length, &order))
		return -EINVAL;
	flags = reel_enter(r, ktime_get_ns());
	if (!r->going)
		reel_feed(r, order.fence, order.gen);
	reel_leave(r, flags);
	return length;
}

static ssize_t self_test_store(struct device *dev, struct device_attribute *attr, const char *line, size_t length)
{
	struct reel *r = dev_get_drvdata(dev);
	unsigned long flags;

	if (line[0] != '1' || length > 2 || (length == 2 && line[1] != '\n'))
		return -EINVAL;
	flags = reel_enter(r, ktime_get_ns());
	if (!r->going && !reel_waits(r, REEL_TIMER_SELF_TEST)) {
		r->self_test = "running";
		r->thread_asked = true;
		reel_expect(r, REEL_TIMER_SELF_TEST, r->now + reel_ms(REEL_SELF_TEST_MS));
	}
	reel_leave(r, flags);
	return length;
}

static ssize_t self_test_show(struct device *dev, struct device_attribute *attr, char *to)
{
	struct reel *r = dev_get_drvdata(dev);
	char said[sizeof(r->self_test_text)];
	unsigned long flags;

	flags = reel_enter(r, ktime_get_ns());
	strscpy(said, r->self_test, sizeof(said));
	reel_leave(r, flags);
	return sysfs_emit(to, "%s\n", said);
}

static ssize_t abi_version_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return sysfs_emit(to, "%d\n", REEL_ABI_VERSION);
}

static struct device_attribute reel_attr_abi_version =
	__ATTR(abi_version, REEL_MODE_ABI_VERSION, abi_version_show, NULL);
static struct device_attribute reel_attr_snapshot = __ATTR(snapshot, REEL_MODE_SNAPSHOT, snapshot_show, NULL);
static struct device_attribute reel_attr_command = __ATTR(command, REEL_MODE_COMMAND, NULL, command_store);
static struct device_attribute reel_attr_claim = __ATTR(claim, REEL_MODE_CLAIM, NULL, claim_store);
static struct device_attribute reel_attr_result = __ATTR(result, REEL_MODE_RESULT, result_show, NULL);
static struct device_attribute reel_attr_lease = __ATTR(lease, REEL_MODE_LEASE, NULL, lease_store);
static struct device_attribute reel_attr_self_test =
	__ATTR(self_test, REEL_MODE_SELF_TEST, self_test_show, self_test_store);

static struct attribute *reel_attrs[] = {
	&reel_attr_abi_version.attr,
	&reel_attr_snapshot.attr,
	&reel_attr_command.attr,
	&reel_attr_claim.attr,
	&reel_attr_result.attr,
	&reel_attr_lease.attr,
	&reel_attr_self_test.attr,
	NULL,
};

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define REEL_BIN const struct bin_attribute
#else
#define REEL_BIN struct bin_attribute
#endif

static ssize_t ring_read(struct file *file, struct kobject *kobj, REEL_BIN *attr, char *to, loff_t at, size_t count)
{
	return reel_ring_read(dev_get_drvdata(kobj_to_dev(kobj)), file, to, at, count, false);
}

static ssize_t safety_ring_read(struct file *file, struct kobject *kobj, REEL_BIN *attr, char *to, loff_t at,
				size_t count)
{
	return reel_ring_read(dev_get_drvdata(kobj_to_dev(kobj)), file, to, at, count, true);
}

static REEL_BIN reel_attr_ring = __BIN_ATTR(ring, REEL_MODE_RING, ring_read, NULL, 0);
static REEL_BIN reel_attr_safety_ring = __BIN_ATTR(safety_ring, REEL_MODE_SAFETY_RING, safety_ring_read, NULL, 0);

static REEL_BIN *const reel_bin_attrs[] = { &reel_attr_ring, &reel_attr_safety_ring, NULL };

static const struct attribute_group reel_group = {
	.attrs = reel_attrs,
	.bin_attrs = (typeof(((struct attribute_group *)NULL)->bin_attrs))reel_bin_attrs,
};

const struct attribute_group *reel_groups[] = { &reel_group, NULL };
