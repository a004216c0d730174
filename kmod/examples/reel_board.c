// SPDX-License-Identifier: GPL-2.0-only
/*
 * A board file for a machine without device tree: says which lines of a GPIO controller one hall's projector hangs on.
 * Copy it and put your own lines in; docs/hardware.md says what is behind each.
 *
 * insmod reel_board.ko chip=LABEL hall=h1, LABEL as gpiodetect(1) shows it in brackets.
 */
#include <linux/err.h>
#include <linux/gpio/machine.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>

static char *chip;
module_param(chip, charp, 0444);
MODULE_PARM_DESC(chip, "label of the GPIO controller");

static char *hall = "h1";
module_param(hall, charp, 0444);
MODULE_PARM_DESC(hall, "id of the hall, 1 to 16 of a-z0-9");

#define CHIP "unknown" /* reel_board_init() puts the label here */

static struct gpiod_lookup_table lookup = {
	.dev_id = "reelctl.0",
	.table = {
		GPIO_LOOKUP(CHIP, 0, "tacho", GPIO_ACTIVE_HIGH),
		GPIO_LOOKUP(CHIP, 1, "feed", GPIO_ACTIVE_HIGH), /* active: taut */
		GPIO_LOOKUP(CHIP, 2, "takeup", GPIO_ACTIVE_HIGH), /* active: taut */
		GPIO_LOOKUP(CHIP, 3, "film", GPIO_ACTIVE_HIGH),
		GPIO_LOOKUP(CHIP, 4, "tail", GPIO_ACTIVE_LOW), /* contact opens at the tail */
		GPIO_LOOKUP(CHIP, 5, "lamp-sense", GPIO_ACTIVE_HIGH),
		GPIO_LOOKUP(CHIP, 6, "door", GPIO_ACTIVE_HIGH), /* active: closed */
		GPIO_LOOKUP(CHIP, 7, "ready", GPIO_ACTIVE_HIGH),
		GPIO_LOOKUP(CHIP, 8, "start", GPIO_ACTIVE_HIGH),
		GPIO_LOOKUP(CHIP, 9, "stop", GPIO_ACTIVE_LOW), /* contact opens when pressed */
		GPIO_LOOKUP(CHIP, 10, "local", GPIO_ACTIVE_LOW), /* contact opens in LOCAL */
		GPIO_LOOKUP(CHIP, 11, "estop", GPIO_ACTIVE_LOW), /* contact opens when pressed */
		GPIO_LOOKUP(CHIP, 16, "motor", GPIO_ACTIVE_HIGH),
		GPIO_LOOKUP(CHIP, 17, "direction", GPIO_ACTIVE_HIGH), /* active: rewind */
		GPIO_LOOKUP(CHIP, 18, "dowser", GPIO_ACTIVE_HIGH), /* active: open */
		GPIO_LOOKUP(CHIP, 19, "lamp", GPIO_ACTIVE_HIGH),
		GPIO_LOOKUP(CHIP, 20, "unmute", GPIO_ACTIVE_HIGH),
		GPIO_LOOKUP(CHIP, 21, "dim", GPIO_ACTIVE_HIGH),
		GPIO_LOOKUP(CHIP, 22, "alive", GPIO_ACTIVE_HIGH), /* its edges hold the safety relay */
		{ }
	},
};

static struct platform_device *projector;

static int __init reel_board_init(void)
{
	struct property_entry properties[] = {
		PROPERTY_ENTRY_STRING("hall", hall),
		PROPERTY_ENTRY_STRING("role", "projection"),
		PROPERTY_ENTRY_U32("fps-milli", 24000),
		{ }
	};
	struct platform_device_info info = { .name = "reelctl", .id = 0, .properties = properties };
	struct gpiod_lookup *line;

	if (!chip) {
		pr_err("reel_board: say chip=LABEL of the GPIO controller (gpiodetect shows it)\n");
		return -EINVAL;
	}
	for (line = lookup.table; line->key; line++)
		line->key = chip;
	gpiod_add_lookup_table(&lookup); /* before the device: its probe looks the lines up */
	projector = platform_device_register_full(&info);
	if (IS_ERR(projector))
		gpiod_remove_lookup_table(&lookup);
	return PTR_ERR_OR_ZERO(projector);
}

/* Takes the device away as if its card were pulled; the runtime then says 'removed' and the hall goes to fault. */
static void __exit reel_board_exit(void)
{
	platform_device_unregister(projector);
	gpiod_remove_lookup_table(&lookup);
}

module_init(reel_board_init);
module_exit(reel_board_exit);
MODULE_DESCRIPTION("Example of a board file for reelctl");
MODULE_LICENSE("GPL");
