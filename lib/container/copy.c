#include "container/copy.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/str.h"
#include "tar/tarwrite.h"

/* The maximum number of single notes. They fit into the pipe, which is read only at the end. */
enum { NOTES_MAX = 20 };

/* A report of the packing process: notes, then its result. Each fits into one atomic write to a
 * pipe. */
struct copy_report {
	bool ended;
	int result;
	struct err err;
};

struct omitted {
	int to;             /* the pipe for reports, */
	struct strv *notes; /* or the list to which notes go directly */
	unsigned long n;
};

static void tell(struct omitted *o, const struct err *e)
{
	struct copy_report r = {.err = *e};

	if (o->notes)
		strv_add(o->notes, e->msg);
	else if (write(o->to, &r, sizeof(r)) < 0)
		_exit(1);
}

static void omit(const char *path, const char *why, void *arg)
{
	struct omitted *o = arg;
	struct err note;

	if (o->n++ >= NOTES_MAX)
		return;
	err_set(&note, "%.300s: left out: %s", path, why);
	tell(o, &note);
}

static void omit_end(struct omitted *o)
{
	struct err note;

	if (o->n <= NOTES_MAX)
		return;
	err_set(&note, "%lu more left out", o->n - NOTES_MAX);
	tell(o, &note);
}

static int pack(const struct copy *c, const char *name, const char *target, int to,
		struct omitted *o, struct err *e)
{
	struct packing p = {.path = c->from_shown,
			    .name = name,
			    .target = target,
			    .devices = c->devices,
			    .mounts = c->mounts,
			    .mounts_n = c->mounts_n,
			    .omit = omit,
			    .omit_arg = o};
	unsigned mask = STATX_BASIC_STATS;
	int r;

	/* The destination must not be the source, or inside it. */
	if (c->to && statx(c->to->dir, "", AT_EMPTY_PATH, mask, &p.avoid[0]) == 0) {
		p.avoid_n = 1;
		if (name && statx(c->to->dir, name, AT_SYMLINK_NOFOLLOW, mask, &p.avoid[1]) == 0)
			p.avoid_n = 2;
	}
	if (!c->to)
		p.progress = c->progress;
	r = tarwrite_tree(c->from->fd, &p, to, e);
	omit_end(o);
	return r;
}

static _Noreturn void packer(const struct copy *c, int to, int say)
{
	struct copy_report r = {.ended = true};
	struct omitted o = {.to = say};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL); /* if the unpacking process fails, it reports the reason */
	r.result = pack(c, c->to->name, c->to_shown, to, &o, &r.err);
	_exit(write(say, &r, sizeof(r)) == sizeof(r) ? 0 : 1);
}

/* Reads the reports of the packing process, which has ended. */
static int hear(const struct copy *c, int from, struct err *e)
{
	struct copy_report r = {0};

	while (read(from, &r, sizeof(r)) == sizeof(r)) {
		if (r.ended)
			break;
		strv_add(c->notes, r.err.msg);
	}
	if (r.ended && r.result < 0)
		*e = r.err;
	return r.ended ? r.result : 0;
}

int copy_files(const struct copy *c, struct err *e)
{
	own_fd int data_in = -1, data_out = -1, say_in = -1, say_out = -1;
	int data[2], say[2], failed;
	pid_t pid;

	if (pipe2(data, O_CLOEXEC) < 0)
		return err_sys(e, "%s: make a pipe for the copy", c->from_shown);
	data_in = data[0], data_out = data[1];
	if (pipe2(say, O_CLOEXEC) < 0)
		return err_sys(e, "%s: make a pipe for messages", c->from_shown);
	say_in = say[0], say_out = say[1];
	fcntl(data_out, F_SETPIPE_SZ, 1 << 20);
	pid = fork();
	if (pid < 0)
		return err_sys(e, "%s: start a process that reads it", c->from_shown);
	if (pid == 0) {
		close(data_in);
		packer(c, data_out, say_out);
	}
	close(take_fd(&data_out));
	close(take_fd(&say_out));
	failed = untar_merge(data_in, c->from_shown, c->to->dir, &c->rules, c->progress, e);
	if (failed)
		err_wrap(e, "%s", c->to_shown);
	close(take_fd(&data_in));
	/* If the archive is truncated, the packing process has the reason. */
	if (hear(c, say_in, e) < 0)
		failed = -1;
	proc_wait_child(pid);
	return failed;
}

int copy_out(const struct copy *c, int out, struct err *e)
{
	struct omitted o = {.notes = c->notes};

	return pack(c, c->from->name, "standard output", out, &o, e);
}

int copy_in(const struct copy *c, int in, struct err *e)
{
	if (untar_merge(in, "standard input", c->to->dir, &c->rules, c->progress, e) < 0)
		return err_wrap(e, "%s", c->to_shown);
	return 0;
}
