// SPDX-License-Identifier: GPL-2.0-only
/*
 * reelsim - simulated projectors, one a hall, with the platform devices for reelctl to find.
 */
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "reelsim.h"

#define MAX_SPINUP_MS 60000

static char *halls[REELSIM_MAX_HALLS] = { "h1" };
static int hall_count = 1;
module_param_array(halls, charp, &hall_count, 0444);
MODULE_PARM_DESC(halls, "halls that have a simulated projector, 1 to 16 of a-z0-9 each (h1)");

static uint fps_milli = REELSIM_BASE_FPS_MILLI;
module_param(fps_milli, uint, 0444);
MODULE_PARM_DESC(fps_milli, "speed of the film in frames a second x 1,000 (24000)");

static uint spinup_ms = 1000;
module_param(spinup_ms, uint, 0444);
MODULE_PARM_DESC(spinup_ms, "ms from standing to that speed, at most 60000 (1000, assumed)");

static bool sleeping_chip;
module_param(sleeping_chip, bool, 0444);
MODULE_PARM_DESC(sleeping_chip, "the lines are on a chip that sleeps, such as one behind a bus: reelctl refuses it (no)");

static struct reelsim *sims[REELSIM_MAX_HALLS];
static struct dentry *root;

static bool is_hall(const char *name)
{
	size_t length = strnlen(name, REELSIM_HALL_LEN + 1), i;

	if (!length || length > REELSIM_HALL_LEN)
		return false;
	for (i = 0; i < length; i++)
		if (!(name[i] >= 'a' && name[i] <= 'z') && !isdigit(name[i]))
			return false;
	return true;
}

static int check_parameters(void)
{
	int i, j;

	if (fps_milli < REELSIM_MIN_FPS_MILLI || fps_milli > REELSIM_MAX_FPS_MILLI) {
		pr_err("reelsim: fps_milli=%u: choose one from %u to %u\n", fps_milli, REELSIM_MIN_FPS_MILLI,
		       REELSIM_MAX_FPS_MILLI);
		return -EINVAL;
	}
	if (spinup_ms > MAX_SPINUP_MS) {
		pr_err("reelsim: spinup_ms=%u: choose at most %u\n", spinup_ms, MAX_SPINUP_MS);
		return -EINVAL;
	}
	for (i = 0; i < hall_count; i++) {
		if (!is_hall(halls[i])) {
			pr_err("reelsim: hall %d has a name that is not 1 to %u of a-z0-9\n", i + 1, REELSIM_HALL_LEN);
			return -EINVAL;
		}
		for (j = 0; j < i; j++) {
			if (!strcmp(halls[i], halls[j])) {
				pr_err("reelsim: hall %s is named twice\n", halls[i]);
				return -EINVAL;
			}
		}
	}
	return 0;
}

/* In the opposite order of add_hall: reelctl lets go of the lines before they are taken away. */
static void remove_hall(struct reelsim *sim)
{
	debugfs_remove_recursive(sim->dir);
	reelsim_board_remove(sim);
	reelsim_clock_end(sim);
	reelsim_chip_remove(sim);
	platform_device_unregister(sim->pdev);
	kfree(sim);
}

static struct reelsim *add_hall(const char *hall, unsigned int place)
{
	struct reelsim *sim = kzalloc(sizeof(*sim), GFP_KERNEL);
	int err;

	if (!sim)
		return ERR_PTR(-ENOMEM);
	strscpy(sim->hall, hall, sizeof(sim->hall));
	sim->fps_milli = fps_milli;
	sim->spinup_ms = spinup_ms;
	sim->chip.can_sleep = sleeping_chip;
	reelsim_clock_init(sim);
	sim->pdev = platform_device_register_simple("reelsim", place, NULL, 0);
	if (IS_ERR(sim->pdev)) {
		err = PTR_ERR(sim->pdev);
		goto free;
	}
	err = reelsim_chip_add(sim);
	if (err)
		goto unregister;
	err = reelsim_board_add(sim, place);
	if (err)
		goto remove;
	reelsim_debugfs_add(sim, root);
	return sim;

remove:
	reelsim_clock_end(sim);
	reelsim_chip_remove(sim);
unregister:
	platform_device_unregister(sim->pdev);
free:
	kfree(sim);
	return ERR_PTR(err);
}

static void remove_halls(void)
{
	int place;

	for (place = REELSIM_MAX_HALLS - 1; place >= 0; place--)
		if (sims[place])
			remove_hall(sims[place]);
	debugfs_remove_recursive(root);
}

static int __init reelsim_init(void)
{
	int place, err = check_parameters();

	if (err)
		return err;
	root = debugfs_create_dir("reelsim", NULL);
	for (place = 0; place < hall_count; place++) {
		struct reelsim *sim = add_hall(halls[place], place);

		if (IS_ERR(sim)) {
			remove_halls();
			return PTR_ERR(sim);
		}
		sims[place] = sim;
	}
	return 0;
}
module_init(reelsim_init);

static void __exit reelsim_exit(void)
{
	remove_halls();
}
module_exit(reelsim_exit);

MODULE_DESCRIPTION("Simulated projectors for reelctl");
MODULE_LICENSE("GPL");
