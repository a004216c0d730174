// SPDX-License-Identifier: GPL-2.0-only
/* The platform driver `reelctl`, the class `reel`, and how a device comes and goes. */
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/random.h>
#include <linux/string.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

#include "reel.h"

static unsigned int reel_gid;
module_param(reel_gid, uint, 0444);
MODULE_PARM_DESC(reel_gid, "numeric id of the group whose members read and write the attributes (0)");

/* Since 6.2 the class's callbacks take a constant device. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define REEL_DEVICE const struct device
#else
#define REEL_DEVICE struct device
#endif

static int reel_uevent(REEL_DEVICE *dev, struct kobj_uevent_env *env)
{
	const struct reel *r = dev_get_drvdata(dev);

	return add_uevent_var(env, REEL_KEY_HALL "=%s", r->hall) ?:
	       add_uevent_var(env, REEL_KEY_ROLE "=%s", reel_role_names[r->role]);
}

static void reel_ownership(REEL_DEVICE *dev, kuid_t *uid, kgid_t *gid)
{
	*gid = make_kgid(&init_user_ns, reel_gid);
}

static struct class reel_class = {
	.name = "reel",
	.dev_uevent = reel_uevent,
	.get_ownership = reel_ownership,
};

static int reel_read_name(struct reel *r)
{
	const char *hall, *role;
	size_t length;
	int found;

	if (device_property_read_string(r->dev, "hall", &hall) || device_property_read_string(r->dev, "role", &role))
		return dev_err_probe(r->dev, -EINVAL, "properties 'hall' and 'role' are missing\n");
	length = strspn(hall, "abcdefghijklmnopqrstuvwxyz0123456789");
	if (!length || hall[length] || length > REEL_NAME_LIMIT)
		return dev_err_probe(r->dev, -EINVAL, "hall '%s' is not 1 to 16 small letters and digits\n", hall);
	strscpy(r->hall, hall, sizeof(r->hall));
	found = match_string(reel_role_names, REEL_ROLES, role);
	if (found < 0)
		return dev_err_probe(r->dev, -EINVAL, "role '%s' is neither projection nor sound\n", role);
	r->role = found;
	return 0;
}

static u32 reel_property(struct reel *r, const char *name, u32 otherwise)
{
	u32 value = otherwise;

	device_property_read_u32(r->dev, name, &value);
	return value;
}

static int reel_read_board(struct reel *r)
{
	struct reel_board *board = &r->board;
	u32 fps_milli = reel_property(r, "fps-milli", REEL_FPS_MILLI);

	if (!fps_milli)
		return dev_err_probe(r->dev, -EINVAL, "property 'fps-milli' is 0\n");
	board->period_ns = div_u64(1000ULL * NSEC_PER_SEC, fps_milli);
	/* Counted at 24 frames a second: a faster projector runs out within as many frames. */
	board->runout_ns = div_u64(reel_ms(reel_property(r, "runout-ms", REEL_RUNOUT_MS)) * REEL_FPS_MILLI, fps_milli);
	board->break_ns = reel_ms(reel_property(r, "break-ms", REEL_BREAK_MS));
	board->stall_ns = reel_ms(reel_property(r, "stall-ms", REEL_STALL_MS));
	board->spinup_ns = reel_ms(reel_property(r, "spinup-ms", REEL_SPINUP_MS));
	board->lease_ns = reel_ms(reel_property(r, "lease-ms", REEL_LEASE_MS));
	board->leader_frames = reel_property(r, "leader-frames", REEL_LEADER_FRAMES);
	return 0;
}

static void reel_begin_state(struct reel *r)
{
	r->s.felt = REEL_TENSION_SLACK;
	r->s.sound = REEL_SOUND_MUTE;
	r->s.gate.result = REEL_ANSWER_FAILED_UNKNOWN;
	do {
		r->epoch = get_random_u32();
	} while (!r->epoch);
	mutex_init(&r->text_lock);
	INIT_KFIFO(r->unsent);
	reel_core_init(r);
}

/* The way out, from any point after the thread was started. */
static void reel_end(struct reel *r)
{
	reel_core_stop(r);
	reel_lines_deaf(r);
	reel_post_stop(r);
	reel_lines_late(r);
	if (!IS_ERR_OR_NULL(r->cls)) {
		debugfs_remove(r->debug);
		device_unregister(r->cls);
	}
	reel_ring_forget(r);
	if (r->held)
		module_put(THIS_MODULE);
}

static int reel_begin_class(struct reel *r)
{
	r->cls = device_create_with_groups(&reel_class, r->dev, MKDEV(0, 0), r, reel_groups, "%s-%s", r->hall,
					   reel_role_names[r->role]);
	if (IS_ERR(r->cls))
		return dev_err_probe(r->dev, PTR_ERR(r->cls), "no class device %s-%s\n", r->hall,
				     reel_role_names[r->role]);
	reel_debugfs_add(r);
	return 0;
}

static void reel_free(void *memory)
{
	vfree(memory);
}

static int reel_probe(struct platform_device *pdev)
{
	struct reel *r = vzalloc(sizeof(*r));	/* 70 KiB, most of it rings */
	int error;

	if (!r)
		return -ENOMEM;
	error = devm_add_action_or_reset(&pdev->dev, reel_free, r);
	if (error)
		return error;
	r->dev = &pdev->dev;
	error = reel_read_name(r) ?: reel_read_board(r) ?: reel_lines_get(r);
	if (error)
		return error;
	reel_begin_state(r);
	error = reel_post_start(r);
	if (error)
		return error;
	error = reel_begin_class(r);
	if (!error) {
		reel_core_start(r);
		error = reel_lines_listen(r);
	}
	if (error) {
		reel_end(r);
		return error;
	}
	platform_set_drvdata(pdev, r);
	dev_info(r->dev, "%s is here, epoch %u\n", dev_name(r->cls), r->epoch);
	return 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
static void reel_remove(struct platform_device *pdev)
{
	reel_end(platform_get_drvdata(pdev));
}
#else
static int reel_remove(struct platform_device *pdev)
{
	reel_end(platform_get_drvdata(pdev));
	return 0;
}
#endif

/* Also at reboot: the lines are safe before the machine is gone. */
static void reel_shutdown(struct platform_device *pdev)
{
	struct reel *r = platform_get_drvdata(pdev);

	reel_core_stop(r);
	reel_lines_late(r);
}

static const struct of_device_id reel_of_match[] = {
	{ .compatible = "projectionist,reel" },
	{ }
};
MODULE_DEVICE_TABLE(of, reel_of_match);

static struct platform_driver reel_driver = {
	.probe = reel_probe,
	.remove = reel_remove,
	.shutdown = reel_shutdown,
	.driver = {
		.name = "reelctl",
		.of_match_table = reel_of_match,
	},
};

static int __init reel_init(void)
{
	int error = class_register(&reel_class);

	if (error)
		return error;
	reel_debugfs_init();
	error = platform_driver_register(&reel_driver);
	if (error) {
		reel_debugfs_exit();
		class_unregister(&reel_class);
	}
	return error;
}
module_init(reel_init);

static void __exit reel_exit(void)
{
	platform_driver_unregister(&reel_driver);
	reel_debugfs_exit();
	class_unregister(&reel_class);
}
module_exit(reel_exit);

MODULE_DESCRIPTION("A film projector and its sound rack: interlocks, events and commands");
MODULE_LICENSE("GPL");
MODULE_ALIAS("platform:reelctl");
