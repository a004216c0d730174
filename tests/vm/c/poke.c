/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poke FILE [UID GID]: each line of standard input is written into FILE by one write of its own, as that user.
 * A line is bytes in hex, or *N for N times the letter a; an empty one is a write of no bytes. Says for each what
 * write (or open) returned: a number of bytes, or the error's name.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char line[1 << 16], data[1 << 16];

static size_t bytes_of(const char *text)
{
	size_t length = 0;
	unsigned int byte;

	if (*text == '*') {
		length = strtoul(text + 1, NULL, 10);
		memset(data, 'a', length);
		return length;
	}
	for (; sscanf(text, "%2x", &byte) == 1; text += 2)
		data[length++] = (char)byte;
	return length;
}

int main(int count, char **words)
{
	if (count == 4 && (setgid(strtoul(words[3], NULL, 10)) || setuid(strtoul(words[2], NULL, 10))))
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		size_t length = bytes_of(line);
		int file = open(words[1], O_WRONLY | O_CLOEXEC);
		ssize_t done = file < 0 ? -1 : write(file, data, length);

		if (done < 0)
			puts(strerrorname_np(errno));
		else
			printf("%zd\n", done);
		if (file >= 0)
			close(file);
	}
	return 0;
}
