/* Freezes all processes of containers. */
#include "base/own.h"
#include "cmd.h"
#include "container/container.h"
#include "container/pause.h"

static const struct opt opts[] = {CMD_CHOICE("pause"), OPT_END};

static const struct opt_program program = {
	.name = "ct-pause",
	.operands = "CONTAINER...",
	.purpose = "Freeze all processes of containers",
	.opts = opts,
	.min = 1,
	.max = -1,
};

static int pause_one(const char *ref, void *arg, struct err *e)
{
	const struct store *s = arg;
	own_container struct container c = CONTAINER_NONE;
	struct container_state st;

	if (container_open(s, ref, &c, e) < 0)
		return -1;
	if (!container_runs(s, &c, &st))
		return err_set(e, "%s: not running", ref);
	own_str char *group = container_group(c.id);

	return pause_start(s->run, c.id, group, e) < 0 ? err_wrap(e, "%s", ref) : 0;
}

int main(int argc, char **argv)
{
	return cmd_containers(&program, argc, argv, pause_one);
}
