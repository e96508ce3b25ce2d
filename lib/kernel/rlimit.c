#include "kernel/rlimit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/own.h"
#include "base/str.h"

static const struct {
	const char *name;
	int resource;
} names[] = {
	{"as", RLIMIT_AS},
	{"core", RLIMIT_CORE},
	{"cpu", RLIMIT_CPU},
	{"data", RLIMIT_DATA},
	{"fsize", RLIMIT_FSIZE},
	{"locks", RLIMIT_LOCKS},
	{"memlock", RLIMIT_MEMLOCK},
	{"msgqueue", RLIMIT_MSGQUEUE},
	{"nice", RLIMIT_NICE},
	{"nofile", RLIMIT_NOFILE},
	{"nproc", RLIMIT_NPROC},
	{"rss", RLIMIT_RSS},
	{"rtprio", RLIMIT_RTPRIO},
	{"rttime", RLIMIT_RTTIME},
	{"sigpending", RLIMIT_SIGPENDING},
	{"stack", RLIMIT_STACK},
};

enum { NAMES = sizeof(names) / sizeof(*names) };

static int read_value(const char *text, rlim_t *out, struct err *e)
{
	uint64_t v;

	if (strcmp(text, "unlimited") == 0 || strcmp(text, "-1") == 0) {
		*out = RLIM_INFINITY;
		return 0;
	}
	if (num_uint(text, 0, INT64_MAX, &v, e) < 0)
		return -1;
	*out = v;
	return 0;
}

static int read_limit(const char *text, int *resource, struct rlimit *l, struct err *e)
{
	own_strv struct strv sides = {0}, values = {0};
	size_t i;

	strv_split(&sides, text, '=');
	for (i = 0; i < NAMES && strcmp(names[i].name, sides.v[0]) != 0; i++)
		continue;
	if (sides.n != 2 || i == NAMES)
		return err_set(e,
			       "%s: not NAME=SOFT[:HARD] with a NAME such as nofile, nproc, core",
			       text);
	*resource = names[i].resource;
	strv_split(&values, sides.v[1], ':');
	if (values.n > 2 || read_value(values.v[0], &l->rlim_cur, e) < 0 ||
	    read_value(values.v[values.n - 1], &l->rlim_max, e) < 0)
		return err_set(e, "%s: not NAME=SOFT[:HARD]", text);
	if (l->rlim_cur > l->rlim_max)
		return err_set(e, "%s: the soft limit is above the hard one", text);
	return 0;
}

int rlimit_check(const char *text, struct err *e)
{
	struct rlimit l;
	int resource;

	return read_limit(text, &resource, &l, e);
}

static int set(pid_t pid, int resource, const struct rlimit *l)
{
	const char *name = "";

	for (size_t i = 0; i < NAMES; i++)
		if ((int)names[i].resource == resource)
			name = names[i].name;
	return explained(prlimit(pid, (__rlimit_resource_t)resource, l, NULL),
			 "prlimit64(%d, %d /* %s */, {%" PRId64 ", %" PRId64 "}, NULL)", pid,
			 resource, name, (int64_t)l->rlim_cur, (int64_t)l->rlim_max);
}

int rlimit_set(pid_t pid, const char *text, struct strv *notes, struct err *e)
{
	struct rlimit l, now;
	int resource;

	if (read_limit(text, &resource, &l, e) < 0)
		return -1;
	if (set(pid, resource, &l) == 0)
		return 0;
	if (errno != EPERM || prlimit(pid, (__rlimit_resource_t)resource, NULL, &now) < 0)
		return err_sys(e, "--ulimit %s", text);
	if (l.rlim_max > now.rlim_max)
		l.rlim_max = now.rlim_max;
	if (l.rlim_cur > l.rlim_max)
		l.rlim_cur = l.rlim_max;
	if (set(pid, resource, &l) < 0)
		return err_sys(e, "--ulimit %s", text);
	strv_take(notes,
		  str_fmt("--ulimit %s: this host allows no more than %" PRIu64, text,
			  (uint64_t)l.rlim_max));
	return 0;
}

int rlimit_oom_score(pid_t pid, const char *score, struct err *e)
{
	own_str char *path = pid ? str_fmt("/proc/%d/oom_score_adj", (int)pid)
				 : str_dup("/proc/self/oom_score_adj");

	return file_put(AT_FDCWD, path, score, e) < 0 ? err_wrap(e, "--oom-score-adj %s", score)
						      : 0;
}
