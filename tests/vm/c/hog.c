/* SPDX-License-Identifier: Apache-2.0 */
/* hog SECONDS: keeps the processor from all that is not an interrupt. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int main(int count, char **words)
{
	const struct sched_param most = { .sched_priority = 50 };
	int limit = open("/proc/sys/kernel/sched_rt_runtime_us", O_WRONLY);
	long long end;

	if (count != 2 || write(limit, "-1", 2) != 2 || sched_setscheduler(0, SCHED_FIFO, &most)) {
		perror("hog");
		return 1;
	}
	for (end = now_ms() + 1000 * atoi(words[1]); now_ms() < end;)
		;
	return 0;
}
