#include "container/pause.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/lock.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/str.h"
#include "kernel/cgroup.h"

enum { FREEZE_MS = 10000 };

static int open_mark(struct pause *p, int run, const char *id, int flags)
{
	*p = (struct pause){.run = run, .freezer = FREEZER_NONE};
	snprintf(p->path, sizeof(p->path), "%s/pause", id);
	p->mark = openat(run, p->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
	return p->mark;
}

static bool is_marked(int mark)
{
	struct stat st;

	return fstat(mark, &st) == 0 && st.st_size > 0;
}

static bool is_gone(int mark)
{
	struct stat st;

	return fstat(mark, &st) == 0 && st.st_nlink == 0;
}

/* Opens the mark, or makes it, and locks it. Returns 0 if the container has ended. */
static int take_mark(struct pause *p, int run, const char *id, struct err *e)
{
	while (open_mark(p, run, id, O_CREAT) >= 0) {
		if (lock_fd(p->mark, LOCK_EX) < 0) {
			err_sys(e, "lock %s", p->path);
			shut_fd(&p->mark);
			return -1;
		}
		/* The previous holder may have removed the mark meanwhile. */
		if (!is_gone(p->mark))
			return 1;
		shut_fd(&p->mark);
	}
	return errno == ENOENT ? 0 : err_sys(e, "%s", p->path);
}

/*
 * Thaws the container that this process, or a dead one, froze, and clears the mark after that. The
 * caller holds the lock.
 */
static int thaw_marked(const struct pause *p, struct err *e)
{
	if (is_marked(p->mark) && freezer_thaw(&p->freezer, e) < 0)
		return -1;
	return ftruncate(p->mark, 0) < 0 ? err_sys(e, "%s", p->path) : 0;
}

static void close_all(struct pause *p)
{
	freezer_close(&p->freezer);
	shut_fd(&p->mark);
}

int pause_begin(int run, const char *id, const char *group, struct pause *p, struct err *e)
{
	int taken = take_mark(p, run, id, e);

	if (taken <= 0)
		return taken;
	if (cgroup_freezer(group, &p->freezer, e) < 0) {
		if (e->sys == ENOENT)
			return 0;
		goto failed;
	}
	if (thaw_marked(p, e) < 0)
		goto failed;
	p->ours = !freezer_is_frozen(&p->freezer);
	if (!p->ours)
		return 0;
	if (pwrite(p->mark, "1", 1, 0) != 1)
		err_sys(e, "write %s", p->path);
	else if (freezer_freeze(&p->freezer, FREEZE_MS, e) == 0)
		return 0;
failed:
	pause_end(p, &(struct err){0});
	return -1;
}

int pause_end(struct pause *p, struct err *e)
{
	int failed = p->ours ? thaw_marked(p, e) : 0;

	if (p->mark >= 0 && !is_marked(p->mark))
		unlinkat(p->run, p->path, 0);
	close_all(p);
	return failed;
}

/* The lock keeps a process that takes a snapshot from thawing what the user froze meanwhile. */
static int change_by_user(int run, const char *id, const char *group, bool freeze, struct err *e)
{
	struct pause p;
	int taken = take_mark(&p, run, id, e), failed = -1;

	if (taken < 0)
		return -1;
	if (!taken || (cgroup_freezer(group, &p.freezer, e) < 0 && e->sys == ENOENT)) {
		err_code(e, ESRCH, "not running");
	} else if (p.freezer.control >= 0 && thaw_marked(&p, e) == 0) {
		if (freezer_is_frozen(&p.freezer) == freeze) {
			err_code(e, EALREADY, freeze ? "already paused" : "not paused");
		} else {
			failed = freeze ? freezer_freeze(&p.freezer, FREEZE_MS, e)
					: freezer_thaw(&p.freezer, e);
		}
	}
	pause_end(&p, &(struct err){0});
	return failed;
}

int pause_start(int run, const char *id, const char *group, struct err *e)
{
	return change_by_user(run, id, group, true, e);
}

int pause_stop(int run, const char *id, const char *group, struct err *e)
{
	return change_by_user(run, id, group, false, e);
}

/* Takes the lock of the mark with flock(2)'s operation `how`; false if it was not taken. */
static bool settle(int run, const char *id, const char *group, int how)
{
	struct err ignored;
	struct pause p;
	bool had = true;

	if (open_mark(&p, run, id, 0) < 0)
		return true;
	had = lock_fd(p.mark, how) == 0;
	/* A process that was killed before it froze the container leaves an empty mark. */
	if (had && !is_gone(p.mark)) {
		p.ours = is_marked(p.mark) && cgroup_freezer(group, &p.freezer, &ignored) == 0;
		pause_end(&p, &ignored);
	}
	close_all(&p);
	return had;
}

void pause_settle(int run, const char *id, const char *group)
{
	settle(run, id, group, LOCK_EX | LOCK_NB);
}

bool pause_end_orphan(const struct proc_id *first, const char *group, int ms)
{
	own_fd int pidfd = -1;
	struct err ignored;

	cgroup_thaw(group, &ignored);
	pidfd = proc_open(first);
	return pidfd < 0 || proc_wait_gone(pidfd, ms);
}

bool pause_is_frozen(const char *group)
{
	own_freezer struct freezer f = FREEZER_NONE;
	struct err ignored;

	return cgroup_freezer(group, &f, &ignored) == 0 && freezer_is_frozen(&f);
}

bool pause_by_user(int run, const char *id, const char *group)
{
	return pause_is_frozen(group) && settle(run, id, group, LOCK_EX) && pause_is_frozen(group);
}
