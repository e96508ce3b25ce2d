/* user.c: user ids of one's own, and the gate. --user=INSIDE:OUTSIDE:COUNT */
#include "box.h"

static int gate[2];

void gate_make(void)
{
	/* Here: a pipe that is closed by exec. */
	(void)gate;
}

/* The child. */
void gate_wait(void)
{
	/* Here: until the parent has opened the gate. */
}

/* The parent. */
void gate_open(void)
{
}

static void give_ids(const char *value, pid_t child)
{
	unsigned first, outside, count;

	if (sscanf(value, "%u:%u:%u", &first, &outside, &count) != 3) {
		errno = EINVAL;
		fail(value);
	}
	/* Here: the three files of /proc/PID, with put(). snprintf(3) makes their paths. */
	(void)child;
}

const struct stage user_stage = {
	.option = "--user=",
	.flags = 0,		/* Here: which namespace? */
	.outside = give_ids,
};
