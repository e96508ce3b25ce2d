/* user.c: user ids of one's own, and the gate. --user=INSIDE:OUTSIDE:COUNT */
#include "box.h"

static int gate[2];

void gate_make(void)
{
	if (pipe2(gate, O_CLOEXEC) != 0)
		fail("pipe");
}

void gate_wait(void)
{
	char byte;
	close(gate[1]);
	if (read(gate[0], &byte, 1) != 1)
		_exit(125);	/* the parent has failed, and said why */
}

void gate_open(void)
{
	if (write(gate[1], "", 1) != 1)
		fail("gate");
}

static void write_file(pid_t child, const char *name, const char *text)
{
	char path[100];
	snprintf(path, sizeof path, "/proc/%d/%s", child, name);
	put(path, text);
}

static void give_ids(const char *value, pid_t child)
{
	char map[100];
	unsigned first, outside, count;
	if (sscanf(value, "%u:%u:%u", &first, &outside, &count) != 3) {
		errno = EINVAL;
		fail(value);
	}
	snprintf(map, sizeof map, "%u %u %u", first, outside, count);
	write_file(child, "setgroups", "deny");
	write_file(child, "uid_map", map);
	write_file(child, "gid_map", map);
}

const struct stage user_stage = {.option = "--user=", .flags = CLONE_NEWUSER, .outside = give_ids};
