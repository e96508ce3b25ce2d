/* Waits for containers to end and prints their exit statuses. */
#include <stdio.h>

#include "base/own.h"
#include "cmd.h"
#include "container/container.h"

static const struct opt opts[] = {
	CMD_CHOICE("wait"),
	OPT_INSTEAD(0, "condition", "not offered: the end is awaited"),
	OPT_INSTEAD(0, "ignore", "not offered: 'ct id NAME' tells whether a container exists"),
	OPT_INSTEAD('i', "interval", "not needed: the end is noticed at once"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-wait",
	.operands = "CONTAINER...",
	.purpose = "Wait for containers to end and print their exit statuses",
	.opts = opts,
	.min = 1,
	.max = -1,
};

/*
 * A container has ended when its supervisor, which records the exit status, has ended. If the
 * supervisor was killed, the end of the first process counts.
 */
static void wait_for_end(const struct container_state *st)
{
	own_fd int supervisor = container_supervisor(st);
	own_fd int init = proc_open(&st->init);

	if (supervisor >= 0)
		proc_wait_gone(supervisor, -1);
	if (init >= 0)
		proc_wait_gone(init, -1);
}

static int wait_one(const char *ref, void *arg, struct err *e)
{
	const struct store *s = arg;
	own_container struct container c = CONTAINER_NONE;
	struct container_state st;

	if (container_open(s, ref, &c, e) < 0 || container_keep_exit(&c, e) < 0 ||
	    container_state(s, &c, &st, e) < 0)
		return -1;
	wait_for_end(&st);
	if (container_state(s, &c, &st, e) < 0)
		return -1;
	if (st.phase == CONTAINER_CREATED)
		return err_set(e, "%s: was never started", ref);
	if (st.phase == CONTAINER_DEAD)
		return err_set(e, "%s: exit status unknown: the supervisor was killed", ref);
	printf("%d\n", container_status(&st));
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	return cmd_containers(&program, argc, argv, wait_one);
}
