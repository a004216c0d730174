// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines: a gpio_chip that does not sleep, and an interrupt controller that keeps each edge until it is delivered.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/version.h>

#include "reelsim.h"

bool reelsim_level(const struct reelsim *sim, unsigned int line)
{
	return test_bit(line, sim->level);
}

/* Set a line as a wire would be; an edge that somebody waits for becomes pending. Called with the lock held. */
void reelsim_drive_line(struct reelsim *sim, unsigned int line, bool level)
{
	if (reelsim_level(sim, line) == level)
		return;
	assign_bit(line, sim->level, level);
	if (test_bit(line, level ? sim->rising : sim->falling))
		set_bit(line, sim->pending);
}

static int next_edge(struct reelsim *sim)
{
	DECLARE_BITMAP(open, LINES);
	unsigned long flags;
	int line = -1;

	raw_spin_lock_irqsave(&sim->lock, flags);
	if (bitmap_andnot(open, sim->pending, sim->masked, LINES)) {
		line = find_first_bit(open, LINES);
		clear_bit(line, sim->pending);
	}
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	return line;
}

/* Interrupt for each pending edge. Called in hard interrupts, without the lock: handlers read and set lines. */
void reelsim_deliver(struct reelsim *sim)
{
	int line;

	while ((line = next_edge(sim)) >= 0)
		generic_handle_domain_irq(sim->chip.irq.domain, line);
}

static void deliver_edges(struct irq_work *work)
{
	reelsim_deliver(container_of(work, struct reelsim, edges));
}

/* As reelsim_deliver, from any context and with the lock held or not: by an interrupt of its own. */
void reelsim_deliver_soon(struct reelsim *sim)
{
	irq_work_queue(&sim->edges);
}

static void line_mask(struct irq_data *data)
{
	struct gpio_chip *chip = irq_data_get_irq_chip_data(data);
	struct reelsim *sim = gpiochip_get_data(chip);
	irq_hw_number_t line = irqd_to_hwirq(data);

	set_bit(line, sim->masked);
	gpiochip_disable_irq(chip, line);
}

static void line_unmask(struct irq_data *data)
{
	struct gpio_chip *chip = irq_data_get_irq_chip_data(data);
	struct reelsim *sim = gpiochip_get_data(chip);
	irq_hw_number_t line = irqd_to_hwirq(data);

	gpiochip_enable_irq(chip, line);
	clear_bit(line, sim->masked);
	if (test_bit(line, sim->pending))
		reelsim_deliver_soon(sim);
}

/* An edge is taken off the pending ones before its handler runs, so there is nothing left to acknowledge. */
static void line_ack(struct irq_data *data)
{
}

static int line_set_type(struct irq_data *data, unsigned int type)
{
	struct reelsim *sim = gpiochip_get_data(irq_data_get_irq_chip_data(data));
	irq_hw_number_t line = irqd_to_hwirq(data);
	unsigned long flags;

	if (!(type & IRQ_TYPE_EDGE_BOTH) || (type & IRQ_TYPE_LEVEL_MASK))
		return -EINVAL;
	raw_spin_lock_irqsave(&sim->lock, flags);
	assign_bit(line, sim->rising, type & IRQ_TYPE_EDGE_RISING);
	assign_bit(line, sim->falling, type & IRQ_TYPE_EDGE_FALLING);
	/* An edge from before anybody listened is not this listener's. */
	clear_bit(line, sim->pending);
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	irq_set_handler_locked(data, handle_edge_irq);
	return 0;
}

static const struct irq_chip reelsim_irq_chip = {
	.name = "reelsim",
	.irq_ack = line_ack,
	.irq_mask = line_mask,
	.irq_unmask = line_unmask,
	.irq_set_type = line_set_type,
	.flags = IRQCHIP_IMMUTABLE,
	GPIOCHIP_IRQ_RESOURCE_HELPERS,
};

static int line_get(struct gpio_chip *chip, unsigned int line)
{
	return reelsim_level(gpiochip_get_data(chip), line);
}

/* reelctl sets lines in its own interrupt handlers, under its own lock: here no interrupt is delivered. */
static int line_output(struct gpio_chip *chip, unsigned int line, int level)
{
	struct reelsim *sim = gpiochip_get_data(chip);
	unsigned long flags;

	if (line < LINE_FIRST_OUTPUT)
		return -EPERM;
	raw_spin_lock_irqsave(&sim->lock, flags);
	if (reelsim_level(sim, line) != !!level)
		reelsim_outputs_changed(sim, line, level, reelsim_now(sim));
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	return 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define line_set line_output
#else
static void line_set(struct gpio_chip *chip, unsigned int line, int level)
{
	line_output(chip, line, level);
}
#endif

static int line_get_direction(struct gpio_chip *chip, unsigned int line)
{
	return line < LINE_FIRST_OUTPUT ? GPIO_LINE_DIRECTION_IN : GPIO_LINE_DIRECTION_OUT;
}

static int line_input(struct gpio_chip *chip, unsigned int line)
{
	return line < LINE_FIRST_OUTPUT ? 0 : -EPERM;
}

int reelsim_chip_add(struct reelsim *sim)
{
	struct gpio_chip *chip = &sim->chip;
	int err;

	bitmap_fill(sim->masked, LINES);
	sim->edges = IRQ_WORK_INIT_HARD(deliver_edges);
	chip->label = dev_name(&sim->pdev->dev);
	chip->parent = &sim->pdev->dev;
	/*
	 * No owner: the devices that hold these lines are ours, and go first when this module is unloaded; were they to
	 * hold it, it could never be.
	 */
	chip->owner = NULL;
	chip->base = -1;
	chip->ngpio = LINES;
	chip->get = line_get;
	chip->set = line_set;
	chip->get_direction = line_get_direction;
	chip->direction_input = line_input;
	chip->direction_output = line_output;
	gpio_irq_chip_set_chip(&chip->irq, &reelsim_irq_chip);
	chip->irq.handler = handle_bad_irq;
	chip->irq.default_type = IRQ_TYPE_NONE;
	err = gpiochip_add_data(chip, sim);
	if (err)
		dev_err(&sim->pdev->dev, "cannot add the lines of hall %s: %d\n", sim->hall, err);
	return err;
}

void reelsim_chip_remove(struct reelsim *sim)
{
	gpiochip_remove(&sim->chip);
	irq_work_sync(&sim->edges);
}
