// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a board file would say: which line is which, and that there are reels. reelctl finds the rest by itself.
 */
#include <linux/gpio/machine.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "reelsim.h"

/* Above the ids that the devices of a real board would have beside these. */
#define FIRST_ID 64

struct wire {
	const char *con_id;
	enum reelsim_line line;
	unsigned long flags;
};

static const struct wire projection_wires[] = {
	{ "tacho", LINE_TACHO, GPIO_ACTIVE_HIGH },
	{ "feed", LINE_FEED, GPIO_ACTIVE_HIGH },
	{ "takeup", LINE_TAKEUP, GPIO_ACTIVE_HIGH },
	{ "film", LINE_FILM, GPIO_ACTIVE_HIGH },
	{ "tail", LINE_TAIL, GPIO_ACTIVE_HIGH },
	{ "lamp-sense", LINE_LAMP_SENSE, GPIO_ACTIVE_HIGH },
	{ "door", LINE_DOOR, GPIO_ACTIVE_HIGH },
	{ "ready", LINE_READY, GPIO_ACTIVE_HIGH },
	{ "start", LINE_START, GPIO_ACTIVE_HIGH },
	{ "stop", LINE_STOP, GPIO_ACTIVE_HIGH },
	{ "local", LINE_LOCAL, GPIO_ACTIVE_HIGH },
	/* A normally-closed contact: a loop that is cut, by the button or by accident, is an emergency stop. */
	{ "estop", LINE_ESTOP, GPIO_ACTIVE_LOW },
	{ "motor", LINE_MOTOR, GPIO_ACTIVE_HIGH },
	{ "direction", LINE_DIRECTION, GPIO_ACTIVE_HIGH },
	{ "dowser", LINE_DOWSER, GPIO_ACTIVE_HIGH },
	{ "lamp", LINE_LAMP, GPIO_ACTIVE_HIGH },
	{ "unmute", LINE_UNMUTE, GPIO_ACTIVE_HIGH },
	{ "dim", LINE_DIM, GPIO_ACTIVE_HIGH },
};

static const struct wire sound_wires[] = {
	{ "timecode-start", LINE_TIMECODE_START, GPIO_ACTIVE_HIGH },
	{ "timecode", LINE_TIMECODE, GPIO_ACTIVE_HIGH },
	{ "soundclock", LINE_SOUNDCLOCK, GPIO_ACTIVE_HIGH },
	{ "unmute", LINE_SOUND_UNMUTE, GPIO_ACTIVE_HIGH },
	{ "analog", LINE_SOUND_ANALOG, GPIO_ACTIVE_HIGH },
};

static const struct {
	const char *role;
	const struct wire *wires;
	unsigned int count;
} roles[] = {
	{ "projection", projection_wires, ARRAY_SIZE(projection_wires) },
	{ "sound", sound_wires, ARRAY_SIZE(sound_wires) },
};

static int add_lookups(struct reelsim *sim, unsigned int role, unsigned int id)
{
	struct gpiod_lookup_table *table;
	unsigned int i;

	/* One entry more than there are wires, empty: the end. */
	table = kzalloc(struct_size(table, table, roles[role].count + 1), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	table->dev_id = kasprintf(GFP_KERNEL, "reelctl.%u", id);
	if (!table->dev_id) {
		kfree(table);
		return -ENOMEM;
	}
	for (i = 0; i < roles[role].count; i++) {
		const struct wire *wire = &roles[role].wires[i];

		table->table[i] = GPIO_LOOKUP(sim->chip.label, wire->line, wire->con_id, wire->flags);
	}
	gpiod_add_lookup_table(table);
	sim->lookups[role] = table;
	return 0;
}

static int add_reel(struct reelsim *sim, unsigned int role, unsigned int id)
{
	/* The core keeps copies of these and of the texts. */
	const struct property_entry properties[] = {
		PROPERTY_ENTRY_STRING("hall", sim->hall),
		PROPERTY_ENTRY_STRING("role", roles[role].role),
		PROPERTY_ENTRY_U32("fps-milli", sim->fps_milli),
		{ }
	};
	const struct platform_device_info info = {
		.parent = &sim->pdev->dev,
		.name = "reelctl",
		.id = id,
		.properties = properties,
	};
	struct platform_device *reel = platform_device_register_full(&info);

	if (IS_ERR(reel))
		return PTR_ERR(reel);
	sim->reels[role] = reel;
	return 0;
}

int reelsim_board_add(struct reelsim *sim, unsigned int place)
{
	unsigned int role;
	int err;

	for (role = 0; role < ARRAY_SIZE(roles); role++) {
		unsigned int id = FIRST_ID + place * ARRAY_SIZE(roles) + role;

		err = add_lookups(sim, role, id);
		if (!err)
			err = add_reel(sim, role, id);
		if (err) {
			reelsim_board_remove(sim);
			return err;
		}
	}
	return 0;
}

void reelsim_board_remove(struct reelsim *sim)
{
	int role;

	for (role = ARRAY_SIZE(roles) - 1; role >= 0; role--) {
		platform_device_unregister(sim->reels[role]);
		sim->reels[role] = NULL;
		if (sim->lookups[role]) {
			gpiod_remove_lookup_table(sim->lookups[role]);
			kfree(sim->lookups[role]->dev_id);
			kfree(sim->lookups[role]);
			sim->lookups[role] = NULL;
		}
	}
}
