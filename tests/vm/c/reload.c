// SPDX-License-Identifier: Apache-2.0
/*
 * Loads and unloads both modules in every order while processes use everything that they offer. As root in the guest:
 *
 *     reload COUNT DIRECTORY-OF-MODULES
 *
 * A module that is held for a moment (an open file, film in the path) is tried again; for ever is a failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRAFFIC 3
#define HELD_MS 5000
#define LATE_MS 20000
#define DEVICE "/sys/class/reel/h1-"
#define SIM "/sys/kernel/debug/reelsim/h1/"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *directory;
static unsigned long *used;	/* reads and writes that got through, shared with the traffic */
static pid_t traffic[TRAFFIC];
static long held;

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void put(const char *path, const char *text)
{
	int file = open(path, O_WRONLY);

	if (file < 0)
		return;
	if (write(file, text, strlen(text)) > 0)
		__atomic_add_fetch(used, 1, __ATOMIC_RELAXED);
	close(file);
}

static void look(const char *path)
{
	char text[4096];
	int file = open(path, O_RDONLY);

	if (file < 0)
		return;
	while (read(file, text, sizeof(text)) > 0)
		__atomic_add_fetch(used, 1, __ATOMIC_RELAXED);
	close(file);
}

/* A show on the way, and everything read and rattled beside it; whatever is not there right now is passed over. */
static void use_everything(void)
{
	static const char *const verbs[] = { "motor run", "dowser open", "lamp on", "motor rewind", "safe_stop", "clear" };
	static const char *const reads[] = { DEVICE "projection/snapshot", DEVICE "projection/ring", DEVICE "sound/snapshot",
					     DEVICE "projection/safety_ring", DEVICE "projection/result", SIM "truth",
					     "/sys/kernel/debug/reelctl/h1-projection/reactions" };
	static const char *const hands[][2] = { { "thread", "35 100" }, { "tacho_hz", "1000" }, { "press", "ready" },
						{ "rattle", "20" },	{ "door", "open" },	{ "tacho_hz", "0" },
						{ "fault", "snap" },	{ "rethread", "1" },	{ "empty", "1" },
						{ "estop", "1" },	{ "estop", "0" },	{ "door", "closed" } };
	unsigned long turn;
	char text[64];

	for (turn = getpid();; turn++) {
		snprintf(text, sizeof(text), "%lu 1 me 0", turn);
		put(DEVICE "projection/claim", text);
		put(DEVICE "sound/claim", text);
		snprintf(text, sizeof(text), "%lu 1 %lu %s", turn, turn, verbs[turn % COUNT(verbs)]);
		put(DEVICE "projection/command", text);
		put(DEVICE "projection/self_test", "1");
		look(reads[turn % COUNT(reads)]);
		snprintf(text, sizeof(text), SIM "%s", hands[turn % COUNT(hands)][0]);
		put(text, hands[turn % COUNT(hands)][1]);
	}
}

static void end_traffic(void)
{
	int i;

	for (i = 0; i < TRAFFIC; i++)
		if (traffic[i] > 0)
			kill(traffic[i], SIGKILL);
	while (wait(NULL) > 0)
		;
}

static void fail(const char *what, const char *module)
{
	printf("%s %s: %s\n", what, module, strerror(errno));
	fflush(stdout);
	end_traffic();
	_exit(1);
}

static void load(const char *module, const char *parameters)
{
	char path[256];
	int file;

	snprintf(path, sizeof(path), "%s/%s.ko", directory, module);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 || syscall(SYS_finit_module, file, parameters, 0))
		fail("cannot load", module);
	close(file);
}

/* Unload; tell whether it is held still after `limit_ms`. */
static bool unload(const char *module, long limit_ms)
{
	long ends = now_ms() + limit_ms;

	while (syscall(SYS_delete_module, module, O_NONBLOCK)) {
		if (errno != EAGAIN && errno != EBUSY)
			fail("cannot unload", module);
		held++;
		if (now_ms() >= ends)
			return false;
		usleep(200);
	}
	return true;
}

static void cycle(int turn)
{
	const char *sim = "halls=h1 fps_milli=240000 spinup_ms=20";
	bool first_reelctl = turn % 4 == 0 || turn % 4 == 3;

	/* Film in the path keeps reelctl: then the reels must go first. */
	if (!first_reelctl || !unload("reelctl", 30)) {
		if (!unload("reelsim", HELD_MS) || !unload("reelctl", HELD_MS))
			fail("is held for ever", "a module");
		load(turn % 2 ? "reelsim" : "reelctl", turn % 2 ? sim : "");
		load(turn % 2 ? "reelctl" : "reelsim", turn % 2 ? "" : sim);
		return;
	}
	if (turn % 4 == 0) {
		if (!unload("reelsim", HELD_MS))
			fail("is held for ever", "reelsim");
		load("reelsim", sim);
	}
	load("reelctl", "");
}

int main(int argc, char **argv)
{
	long begun = now_ms(), longest = 0;
	int count, i;

	if (argc != 3)
		return 2;
	count = atoi(argv[1]);
	directory = argv[2];
	used = mmap(NULL, sizeof(*used), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < TRAFFIC; i++) {
		traffic[i] = fork();
		if (!traffic[i])
			use_everything();
	}
	for (i = 0; i < count; i++) {
		long from = now_ms(), took;

		cycle(i);
		usleep(20000 + i % 8 * 10000);
		took = now_ms() - from;
		longest = took > longest ? took : longest;
	}
	end_traffic();
	printf("loads=%d ms=%ld longest_ms=%ld held=%ld used=%lu\n", count, now_ms() - begun, longest, held, *used);
	return longest > LATE_MS;
}
