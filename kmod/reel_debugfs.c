// SPDX-License-Identifier: GPL-2.0-only
/* For measuring: /sys/kernel/debug/reelctl/HALL-ROLE/reactions, lines SEQ CONFIRMED_NS SAFE_NS, oldest first. */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "reel.h"

static struct dentry *reel_debug;

static int reactions_show(struct seq_file *file, void *unused)
{
	struct reel *r = file->private;
	struct reel_reaction *copy, *each;
	unsigned long flags;
	u64 reacted, at;

	copy = kvmalloc_array(REEL_REACTIONS, sizeof(*copy), GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	raw_spin_lock_irqsave(&r->lock, flags);
	memcpy(copy, r->reactions, REEL_REACTIONS * sizeof(*copy));
	reacted = r->reacted;
	raw_spin_unlock_irqrestore(&r->lock, flags);
	for (at = reacted - min_t(u64, reacted, REEL_REACTIONS); at < reacted; at++) {
		each = &copy[at % REEL_REACTIONS];
		seq_printf(file, "%llu %llu %llu\n", each->seq, each->confirmed_ns, each->safe_ns);
	}
	kvfree(copy);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(reactions);

void reel_debugfs_add(struct reel *r)
{
	r->debug = debugfs_create_dir(dev_name(r->cls), reel_debug);
	debugfs_create_file("reactions", 0444, r->debug, r, &reactions_fops);
}

void reel_debugfs_init(void)
{
	reel_debug = debugfs_create_dir("reelctl", NULL);
}

void reel_debugfs_exit(void)
{
	debugfs_remove(reel_debug);
}
