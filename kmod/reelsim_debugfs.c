// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in debugfs: one that takes a line for each thing that hands can do, and `truth`.
 *
 * When a write returns, the interrupts that follow from it at once have been delivered.
 */
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "reelsim.h"

#define TEXT_LIMIT 64

static const struct reelsim_hand *find_hand(const struct file *file)
{
	const struct reelsim_hand *hand;

	for (hand = reelsim_hands; hand->name; hand++)
		if (!strcmp(hand->name, file->f_path.dentry->d_name.name))
			return hand;
	return NULL;
}

static int move_hand(struct reelsim *sim, const struct reelsim_hand *hand, const char *text)
{
	unsigned long flags;
	s64 now;
	int err;

	mutex_lock(&sim->hands);
	raw_spin_lock_irqsave(&sim->lock, flags);
	now = reelsim_now(sim);
	err = hand->move(sim, text, now);
	reelsim_feel(sim, now);
	reelsim_arm(sim);
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	reelsim_deliver_soon(sim);
	irq_work_sync(&sim->burst);
	irq_work_sync(&sim->edges);
	mutex_unlock(&sim->hands);
	return err;
}

static ssize_t hand_write(struct file *file, const char __user *buffer, size_t count, loff_t *ppos)
{
	const struct reelsim_hand *hand = find_hand(file);
	char text[TEXT_LIMIT];
	int err;

	if (!hand || count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buffer, count))
		return -EFAULT;
	text[count] = '\0';
	err = move_hand(file_inode(file)->i_private, hand, strim(text));
	return err ?: count;
}

static const struct file_operations hand_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = hand_write,
	.llseek = noop_llseek,
};

static const char *motor_word(s64 speed)
{
	return !speed ? "stop" : speed > 0 ? "run" : "rewind";
}

static const char *sound_word(const struct reelsim *sim)
{
	if (reelsim_level(sim, LINE_SOUND_ANALOG))
		return "analog";
	return reelsim_level(sim, LINE_SOUND_UNMUTE) ? "play" : "mute";
}

/* What is true, whatever the device believes; `motor` is how the film really moves. */
static int truth_show(struct seq_file *file, void *unused)
{
	struct reelsim *sim = file->private;
	const struct reelsim_film *film = &sim->film;
	unsigned long flags;
	s64 now, speed;
	char line[320];

	raw_spin_lock_irqsave(&sim->lock, flags);
	now = reelsim_now(sim);
	speed = reelsim_speed(&film->motion, now) ?: film->motion.target;
	snprintf(line, sizeof(line),
		 "frame=%lld motor=%s speed=%lld dowser=%s lamp=%s lit=%d unmute=%d dim=%d sound=%s film=%d end=%lld tail=%lld moving=%d violations=%llu\n",
		 max(div64_s64(reelsim_position(&film->motion, now), REELSIM_PICO), 0LL), motor_word(speed),
		 reelsim_speed(&film->motion, now), reelsim_level(sim, LINE_DOWSER) ? "open" : "closed",
		 reelsim_level(sim, LINE_LAMP) ? "on" : "off", sim->lamp_lit, reelsim_level(sim, LINE_UNMUTE),
		 reelsim_level(sim, LINE_DIM), sound_word(sim), film->threaded, film->threaded ? film->end : 0,
		 film->threaded ? film->tail : 0, reelsim_moves(sim, now), sim->violations);
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	seq_puts(file, line);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(truth);

/* Called before anybody can reach the files, so also before the first burst. */
void reelsim_debugfs_add(struct reelsim *sim, struct dentry *root)
{
	const struct reelsim_hand *hand;

	mutex_init(&sim->hands);
	sim->burst = IRQ_WORK_INIT_HARD(reelsim_rattle_now);
	sim->dir = debugfs_create_dir(sim->hall, root);
	for (hand = reelsim_hands; hand->name; hand++)
		debugfs_create_file(hand->name, 0200, sim->dir, sim, &hand_fops);
	debugfs_create_file("truth", 0444, sim->dir, sim, &truth_fops);
}
