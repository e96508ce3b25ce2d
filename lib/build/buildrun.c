#include "build/buildrun.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "base/proc.h"
#include "build/buildmount.h"
#include "container/container.h"
#include "run/create.h"
#include "run/runopts.h"
#include "run/runplan.h"
#include "run/supervise.h"
#include "run/userstage.h"
#include "store/draft.h"

/* Bytes of a command's output that the log of its container keeps. */
enum { LOG_MAX = 16 << 20 };

/* A RUN, expressed as ct-run's options and an image config. */
struct command {
	struct runopts opts;
	struct record image;
	struct plan plan;
	struct strv kept;
	struct supervise launch;
};

/* The report of the child that supervises the container. */
struct build_news {
	int status; /* -1: the command did not run, for the reason `why` */
	struct err why;
};

static void command_free(struct command *c)
{
	runopts_free(&c->opts);
	record_free(&c->image);
	plan_free_lists(&c->plan);
	strv_free(&c->kept);
	strv_free(&c->launch.notes);
}

static void add_env(const struct build *b, const struct step *step, struct strv *out)
{
	scope_list(&b->steps->stages[step->stage].scope, step->settings, out);
}

/* m NULL: the container will run nothing and is only for inspection. */
static int plan(struct command *c, struct build *b, const struct step *step, const struct tip *tip,
		const struct mounting *m, struct err *e)
{
	const char *const shell[] = {"/bin/sh", NULL};
	own_strv struct strv env = {0};

	if (m)
		add_env(b, step, &env);
	record_add_list(&c->image, "env", &env);
	record_add_list(&c->image, "env", &step->proxies);
	record_add(&c->image, "workdir", step->workdir);
	record_add(&c->image, "user", step->user);
	/* --init, so that Ctrl-C also ends a command that, as process 1, would ignore SIGINT. */
	c->opts = (struct runopts){
		.no_input = true,
		.init = true,
		.log_max = LOG_MAX,
		.network = !m || str_equal(step->network, "default") ? NULL : step->network};
	strv_add(&c->opts.labels, b->label);
	for (size_t i = 0; m && i < m->volumes.n; i++)
		strv_add(&c->opts.mounts.volumes, m->volumes.v[i]);
	for (size_t i = 0; m && i < m->tmpfs.n; i++)
		strv_add(&c->opts.mounts.tmpfs, m->tmpfs.v[i]);
	c->launch = (struct supervise){.store = b->store,
				       .plan = &c->plan,
				       .image = tip->rootfs,
				       .attached = !b->quiet,
				       .report = -1};
	if (runplan_make(&c->opts, &c->image, m ? step->args.v : (char **)(uintptr_t)shell, false,
			 &c->plan, &c->kept, e) < 0)
		return -1;
	c->plan.image_name = b->steps->stages[step->stage].image;
	return userstage_settle(c->launch.plan, &c->launch.notes, e);
}

/* The supervisor of the container is a child that dies with the build. */
static int die_with_parent(pid_t parent, struct err *e)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return getppid() == parent ? 0 : err_set(e, "the build was killed");
}

/* Repeats the prctl: a change of credentials clears the parent-death signal (prctl(2)). */
static int still_die(struct supervise *l, struct err *e)
{
	return die_with_parent(*(const pid_t *)l->arg, e);
}

/* In the child: supervises the container to its end. */
__attribute__((noreturn)) static void supervise(struct command *c, int tell, pid_t parent)
{
	struct build_news news = {.status = -1};
	struct err ignored;

	if (die_with_parent(parent, &ignored) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(1);
	c->launch.started = still_die;
	c->launch.arg = &parent;
	news.status = supervise_run(&c->launch, &news.why);
	_exit(write(tell, &news, sizeof(news)) == sizeof(news) ? 0 : 1);
}

static void remove_container(const struct store *s, const char *id)
{
	struct err ignored;

	if (container_clean(s, id, &ignored) == 0)
		draft_unpublish(s, id, &ignored);
}

/* Runs the container to its end. */
static int watch(struct build *b, struct command *c, struct build_news *news, struct err *e)
{
	pid_t parent = getpid(), pid;
	own_fd int end = -1;
	ssize_t n;

	/* Chosen here, so that this process knows the container of a killed child. */
	if (store_new_id(b->store, "ps", c->launch.id, e) < 0)
		return -1;
	pid = proc_fork_pipe(&end);
	if (pid < 0)
		return err_sys(e, "start the command");
	if (pid == 0)
		supervise(c, end, parent);
	*b->child = pid;
	n = TEMP_FAILURE_RETRY(read(end, news, sizeof(*news)));
	proc_wait_child(pid);
	*b->child = 0;
	if (n == sizeof(*news))
		return 0;
	remove_container(b->store, c->launch.id);
	return err_set(e, "the command's supervisor was killed");
}

/* The file /run/.containerenv (filetree.h) does not belong into the image. */
static void forget_mark(int rootfs)
{
	own_fd int run = path_open(rootfs, "run", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	struct stat st;

	if (run >= 0 && fstatat(run, ".containerenv", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size == 0)
		unlinkat(run, ".containerenv", 0);
}

/* Takes the files of a container that ended with status 0, and removes the container. */
static int take_files(const struct build *b, const struct tip *tip, const struct mounting *m,
		      const char *id, const struct draft *into, struct err *e)
{
	own_str char *path = str_fmt("%s/rootfs", id);
	own_fd int rootfs =
		openat(b->store->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (rootfs < 0)
		return err_sys(e, "%s", path);
	buildmount_clear(m, tip, rootfs);
	forget_mark(rootfs);
	if (renameat(b->store->root, path, into->dir, "rootfs") < 0)
		return err_sys(e, "take over %s", path);
	return draft_unpublish(b->store, id, e);
}

/* The command failed: keeps its container, or makes one with the previous step's files. */
static int fail(struct build *b, struct command *c, const struct step *step,
		const struct build_news *news, struct err *e)
{
	int status = news->status < 0 ? news->why.status ? news->why.status : 125 : news->status;
	struct err ignored;

	if (news->status < 0)
		b->note(news->why.msg);
	if (*b->stop) {
		draft_unpublish(b->store, c->launch.id, &ignored);
		return err_set(e, "interrupted");
	}
	if (faccessat(b->store->root, c->launch.id, F_OK, 0) == 0 ||
	    create_container(&c->launch, &ignored) == 0)
		memcpy(b->left, c->launch.id, sizeof(b->left));
	return err_set(e, "%.300s: status %d", step->text + strlen(step->name) + 1, status);
}

void buildrun_leave(struct build *b, const struct step *step, const struct tip *tip)
{
	__attribute__((cleanup(command_free))) struct command c = {0};
	struct err ignored;

	if (tip->rootfs >= 0 && plan(&c, b, step, tip, NULL, &ignored) == 0 &&
	    create_container(&c.launch, &ignored) == 0)
		memcpy(b->left, c.launch.id, sizeof(b->left));
}

int buildrun_key(struct build *b, const struct step *step, struct stepkey *k, struct err *e)
{
	own_strv struct strv env = {0};

	add_env(b, step, &env);
	stepkey_add_list(k, &step->args);
	stepkey_add_list(k, &env);
	stepkey_add(k, step->workdir);
	stepkey_add(k, step->user);
	stepkey_add(k, step->network);
	return buildmount_key(b, step, k, e);
}

/* Makes an empty tree to run in, if no step precedes. */
static int open_empty(const struct draft *work, struct tip *tip, struct err *e)
{
	if (tip_snapshot(tip, work, "empty", e) < 0)
		return -1;
	tip->rootfs = openat(work->dir, "empty", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return tip->rootfs < 0 ? err_sys(e, "%s/empty", work->name) : 0;
}

int buildrun_do(struct build *b, const struct step *step, const struct tip *before,
		const struct draft *work, const struct draft *into, struct err *e)
{
	__attribute__((cleanup(command_free))) struct command c = {0};
	own_mounting struct mounting m = {.b = b, .step = step, .work = work};
	struct tip tip = *before;
	own_fd int empty = -1;
	struct build_news news = {0};

	if (tip.rootfs < 0) {
		if (open_empty(work, &tip, e) < 0)
			return -1;
		empty = tip.rootfs;
	}
	if (buildmount_open(&m, e) < 0 || plan(&c, b, step, &tip, &m, e) < 0 ||
	    watch(b, &c, &news, e) < 0)
		return -1;
	if (news.status != 0 || *b->stop)
		return fail(b, &c, step, &news, e);
	return take_files(b, before, &m, c.launch.id, into, e);
}
