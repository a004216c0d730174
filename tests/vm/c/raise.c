/* SPDX-License-Identifier: Apache-2.0 */
/* raise OFFSET...: leaves those lines of /dev/gpiochip0 as outputs that are high, as firmware might. */
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

int main(int count, char **words)
{
	struct gpiohandle_request request = { .flags = GPIOHANDLE_REQUEST_OUTPUT, .consumer_label = "raise" };
	int chip = open("/dev/gpiochip0", O_RDWR), i;

	for (i = 1; i < count && i <= GPIOHANDLES_MAX; i++) {
		request.lineoffsets[request.lines++] = atoi(words[i]);
		request.default_values[i - 1] = 1;
	}
	if (ioctl(chip, GPIO_GET_LINEHANDLE_IOCTL, &request)) {
		perror("raise");
		return 1;
	}
	return 0;
}
