/* Runs a command in a new container on a snapshot of an image. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "image.h"
#include "launch.h"
#include "own.h"
#include "runopts.h"
#include "store.h"

static const struct opt_program program = {
	.name = "ct-run",
	.operands = "IMAGE [COMMAND [ARG...]]",
	.purpose = "Run a command in a new container",
	.opts = runopts_table,
	.max = -1,
	.in_order = true,
};

/* What is done once the program runs. */
struct announcement {
	int cidfile;		/* descriptor, -1: none */
	int parent;		/* pipe to whoever waits for a detached start; -1: attached */
};

static void say_notes(struct strv *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		cmd_note("%s", notes->v[i]);
	strv_free(notes);
}

/* Turns a detached supervisor into one that holds on to nothing of its user's. */
static int let_go(struct err *e)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (null < 0 || chdir("/") < 0)
		return err_sys(e, "/dev/null");
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
	return 0;
}

static int announce(struct launch *l, struct err *e)
{
	struct announcement *a = l->arg;
	struct err fine = {0};

	if (a->cidfile >= 0 && dprintf(a->cidfile, "%s\n", l->id) < 0)
		return err_sys(e, "--cidfile");
	say_notes(&l->notes);
	if (a->parent < 0)
		return 0;
	if (let_go(e) < 0)
		return -1;
	snprintf(fine.msg, sizeof(fine.msg), "%s", l->id);
	if (write(a->parent, &fine, sizeof(fine)) != sizeof(fine))
		return err_sys(e, "tell of the start");
	close(a->parent);
	a->parent = -1;
	return 0;
}

/* In the user's process: waits until the background one says that the program runs, or why not. */
static int wait_for_start(int from, struct err *e)
{
	ssize_t n = read(from, e, sizeof(*e));

	if (n != sizeof(*e))
		return err_set(e, "the supervisor died before the container ran");
	if (e->status || e->sys)
		return -1;
	puts(e->msg);
	return 0;
}

static int run_detached(struct launch *l, struct announcement *a)
{
	struct err e;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		err_sys(&e, "start in the background");
		return cmd_failed(&e);
	}
	if (pid) {
		close(ends[1]);
		return wait_for_start(ends[0], &e) < 0 ? cmd_failed(&e) : cmd_end(0);
	}
	close(ends[0]);
	a->parent = ends[1];
	if (launch_run(l, &e) >= 0)
		_exit(0);
	if (!e.status)
		e.status = 125;
	if (a->parent >= 0 && write(a->parent, &e, sizeof(e)) < 0)
		_exit(1);
	_exit(e.status);
}

static int run_attached(struct launch *l)
{
	struct err e;
	int status = launch_run(l, &e);

	say_notes(&l->notes);
	return status < 0 ? cmd_failed(&e) : status;
}

static int open_cidfile(const char *path, struct announcement *a, struct err *e)
{
	if (!path)
		return 0;
	a->cidfile = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return a->cidfile < 0 ? err_sys(e, "--cidfile %s", path) : 0;
}

int main(int argc, char **argv)
{
	struct runopts opts = {0};
	char **operands = cmd_begin(&program, argc, argv, &opts);
	struct announcement a = {-1, -1};
	own_strv struct strv kept = {0};
	own_image struct image image = {.dir = -1, .rootfs = -1};
	own_store struct store store = {0};
	struct plan plan = {0};
	struct launch launch = {.store = &store, .plan = &plan, .started = announce, .arg = &a,
				.attached = !opts.detach, .input = !opts.detach && !opts.no_input, .remove = opts.remove};
	const char *ref = opts.rootfs ? NULL : *operands ? *operands++ : "";
	struct err e;
	int status;

	if (ref && !*ref) {
		err_set(&e, "missing operand: %s %s", program.name, program.operands);
		return cmd_failed(&e);
	}
	if (store_open(&store, STORE_UP, &e) < 0)
		return cmd_failed(&e);
	if (*store.note)
		cmd_note("%s", store.note);
	if (ref && image_open(&store, ref, &image, &e) < 0)
		return cmd_failed(&e);
	if (runopts_plan(&opts, ref ? &image.config : NULL, operands, isatty(0) && isatty(1), &plan, &kept, &e) < 0 ||
	    open_cidfile(opts.cidfile, &a, &e) < 0)
		return cmd_failed(&e);
	runopts_complete_env(&plan);
	plan.image = ref ? image.id : NULL;
	plan.image_name = ref;
	launch.image = image.rootfs;
	status = opts.detach ? run_detached(&launch, &a) : run_attached(&launch);
	if (status && a.cidfile >= 0 && !*launch.id)
		unlink(opts.cidfile);
	plan_free_lists(&plan);
	runopts_free(&opts);
	return status;
}
