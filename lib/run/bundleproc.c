#include "run/bundleproc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"
#include "container/user.h"
#include "kernel/caps.h"
#include "kernel/owner.h"

static int set_scheduler(const struct bundle_scheduler *s, struct err *e)
{
	struct sched_attr attr = {.size = sizeof(attr),
				  .sched_policy = s->policy,
				  .sched_flags = s->flags,
				  .sched_nice = s->nice,
				  .sched_priority = s->priority,
				  .sched_runtime = s->runtime,
				  .sched_deadline = s->deadline,
				  .sched_period = s->period};

	if (!s->given)
		return 0;
	return explained(syscall(SYS_sched_setattr, 0, &attr, 0), "sched_setattr(0, {policy=%u})",
			 s->policy) < 0
		? err_sys(e, "scheduler")
		: 0;
}

int bundleproc_begin(const struct bundle_process *p, struct err *e)
{
	if (p->io_priority_given &&
	    explained(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, p->io_priority),
		      "ioprio_set(IOPRIO_WHO_PROCESS, 0, 0x%x)", p->io_priority) < 0)
		return err_sys(e, "ioPriority");
	return set_scheduler(&p->scheduler, e);
}

/* Without CAP_SYS_RESOURCE, root of the host may set limits as the owner of the user namespace. */
static int set_limit(const struct bundle_rlimit *l, pid_t pid, uid_t owner)
{
	int done = prlimit(pid, (__rlimit_resource_t)l->resource, &l->limit, NULL);
	bool begun = done < 0 && errno == EPERM && owner_begin(owner);

	if (begun)
		done = prlimit(pid, (__rlimit_resource_t)l->resource, &l->limit, NULL);
	owner_end(begun);
	return explained(done, "prlimit64(%d, %d, ...)", pid, l->resource);
}

int bundleproc_limit(const struct bundle_process *p, pid_t pid, uid_t owner, struct err *e)
{
	own_str char *file = str_fmt("/proc/%d/oom_score_adj", (int)pid);
	char score[16];

	snprintf(score, sizeof(score), "%d", p->oom_score_adj);
	if (p->oom_score_given && file_put(AT_FDCWD, file, score, e) < 0)
		return err_wrap(e, "oomScoreAdj %s", score);
	for (size_t i = 0; i < p->rlimits_n; i++) {
		const struct bundle_rlimit *l = &p->rlimits[i];

		if (set_limit(l, pid, owner) < 0)
			return err_sys(e, "resource limit %d: %llu, %llu", l->resource,
				       (unsigned long long)l->limit.rlim_cur,
				       (unsigned long long)l->limit.rlim_max);
	}
	return 0;
}

/* Sets a security label for the next execve(2). The kernel refuses it where it has no such module.
 */
static int set_label(const char *file, const char *label, const char *what, struct err *e)
{
	own_fd int fd = -1;

	if (!label)
		return 0;
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || fd_write_all(fd, label, strlen(label)) < 0)
		return err_sys(e, "%s %s", what, label);
	return 0;
}

static int set_labels(const struct bundle_process *p, struct err *e)
{
	own_str char *profile = p->apparmor ? str_fmt("exec %s", p->apparmor) : NULL;

	return set_label("/proc/self/attr/apparmor/exec", profile, "AppArmor profile", e) < 0
		? -1
		: set_label("/proc/self/attr/exec", p->selinux, "SELinux label", e);
}

/* All capabilities that are permitted become effective: a change of the user has cleared them. */
static int raise_permitted(struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return err_sys(e, "capabilities: read");
	for (int half = 0; half < 2; half++)
		data[half].effective = data[half].permitted;
	return syscall(SYS_capset, &head, data) < 0 ? err_sys(e, "capabilities: raise") : 0;
}

static int become_user(const struct bundle_user *u, struct err *e)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_sys(e, "keep capabilities");
	if (user_become(u->uid, u->gid, u->groups_n, u->groups, e) < 0)
		return -1;
	umask(u->umask_given ? u->umask & 0777 : 022);
	return raise_permitted(e);
}

static int load_filter(const struct bundle_seccomp *s, struct err *e)
{
	struct sock_fprog prog = {.len = s->filter_n,
				  .filter = (struct sock_filter *)(uintptr_t)s->filter};

	if (!s->filter)
		return 0;
	return explained(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, s->flags, &prog),
			 "seccomp(SECCOMP_SET_MODE_FILTER, 0x%x, {len=%u})", s->flags,
			 s->filter_n) < 0
		? err_sys(e, "seccomp filter: load")
		: 0;
}

int bundleproc_become(const struct bundle_process *p, struct err *e)
{
	static const struct bundle_caps none;
	const struct bundle_caps *caps = p->caps_given ? &p->caps : &none;

	if (set_labels(p, e) < 0)
		return -1;
	if (p->personality_given && personality(p->personality) < 0)
		return err_sys(e, "personality");
	if (caps_bound(caps->bounding, e) < 0 || become_user(&p->user, e) < 0)
		return -1;
	/* Without no_new_privs, seccomp(2) requires CAP_SYS_ADMIN, so it comes before capset(2). */
	if (!p->no_new_privs && load_filter(&p->seccomp, e) < 0)
		return -1;
	if (caps_set(caps->effective, caps->permitted, caps->inheritable, caps->ambient, e) < 0)
		return -1;
	if (!p->no_new_privs)
		return 0;
	if (explained(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS, 1)") < 0)
		return err_sys(e, "set no_new_privs");
	return load_filter(&p->seccomp, e);
}
