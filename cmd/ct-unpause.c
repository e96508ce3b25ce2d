/* Lets the processes of paused containers run on. */
#include "base/own.h"
#include "cmd.h"
#include "container/container.h"
#include "container/pause.h"

static const struct opt opts[] = {
	CMD_CHOICE_BUT_ALL("unpause"),
	OPT_INSTEAD('a', "all", "use 'ct ps -q -f status=paused | ct unpause -'"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-unpause",
	.operands = "CONTAINER...",
	.purpose = "Let the processes of paused containers run on",
	.opts = opts,
	.min = 1,
	.max = -1,
};

static int unpause_one(const char *ref, void *arg, struct err *e)
{
	const struct store *s = arg;
	own_container struct container c = CONTAINER_NONE;
	struct container_state st;

	if (container_open(s, ref, &c, e) < 0)
		return -1;
	if (!container_runs(s, &c, &st))
		return err_set(e, "%s: not running", ref);
	own_str char *group = container_group(c.id);

	return pause_stop(s->run, c.id, group, e) < 0 ? err_wrap(e, "%s", ref) : 0;
}

int main(int argc, char **argv)
{
	return cmd_containers(&program, argc, argv, unpause_one);
}
