/* The options of ct-run about the kernel's view of the container's processes. */
#ifndef CT_PROCOPTS_H
#define CT_PROCOPTS_H

#include "base/opt.h"
#include "base/str.h"
#include "store/plan.h"

struct err;

struct procopts {
	struct strv sysctls, groups, security;
	const char *umask, *oom_score, *pid, *ipc;
};

#define OPT_PROCESS(S, m)                                                                               \
	OPT_LIST(S, m.sysctls, 0, "sysctl", "NAME=VALUE",                                               \
		 "set a kernel setting of the container's own namespaces"),                             \
		OPT_LIST(S, m.groups, 0, "group-add", "GROUP",                                          \
			 "add a supplementary group of the container"),                                 \
		OPT_TEXT(S, m.pid, 0, "pid", "NAMESPACE",                                               \
			 "share process ids: host, container:ID or private (default: private)"),        \
		OPT_TEXT(S, m.ipc, 0, "ipc", "NAMESPACE",                                               \
			 "share memory and queues: host, container:ID, shareable, private, none "       \
			 "(default: shareable)"),                                                       \
		OPT_TEXT(S, m.umask, 0, "umask", "MODE", "set the umask (default: 022)"),               \
		OPT_TEXT(                                                                               \
			S, m.oom_score, 0, "oom-score-adj", "NUMBER",                                   \
			"set the score by which the kernel chooses a process to kill (-1000 to 1000)"), \
		OPT_LIST(                                                                               \
			S, m.security, 0, "security-opt", "OPTION",                                     \
			"set no-new-privileges, seccomp=unconfined or seccomp=FILE (compiled BPF)")

/* Checks the options and adds them to the plan. kept owns strings of the plan. bare: barerun.h */
int procopts_plan(const struct procopts *o, bool bare, struct plan *p, struct strv *kept,
		  struct err *e);
void procopts_free(struct procopts *o);

#endif
