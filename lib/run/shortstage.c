#include "run/shortstage.h"

#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/caps.h"
#include "kernel/seccomp.h"
#include "run/netstage.h"

int shortstage_enter_uts(struct run *r, struct err *e)
{
	own_str char *shell = r->hostname ? str_fmt("hostname %s\n", r->hostname) : NULL;
	int failed = r->hostname ? sethostname(r->hostname, strlen(r->hostname)) : 0;

	if (r->hostname)
		explain_call(shell, failed, "sethostname(\"%s\", %zu)", r->hostname,
			     strlen(r->hostname));
	return failed ? err_sys(e, "host name %s", r->hostname) : 0;
}

int shortstage_enter_ipc(struct run *r, struct err *e)
{
	return netstage_sysctls(NULL, &r->plan->sysctls, SYSCTL_IPC, e);
}

int shortstage_enter_cgns(struct run *r, struct err *e)
{
	(void)r;
	/* Only now: the namespace starts at the cgroup that the process is in. */
	return explained(unshare(CLONE_NEWCGROUP), "unshare(CLONE_NEWCGROUP)") < 0
		? err_sys(e, "make a cgroup namespace")
		: 0;
}

int shortstage_seal_caps(struct run *r, struct err *e)
{
	return caps_limit(r->plan->caps, e);
}

bool shortstage_wants_seccomp(const struct plan *p)
{
	return p->seccomp ? !str_equal(p->seccomp, SECCOMP_UNCONFINED) : !p->privileged;
}

int shortstage_prepare_seccomp(struct run *r, struct err *e)
{
	return r->plan->seccomp ? seccomp_file_read(r->plan->seccomp, &r->first.filter, e) : 0;
}

int shortstage_seal_seccomp(struct run *r, struct err *e)
{
	/* Without CAP_SYS_ADMIN, seccomp(2) requires no_new_privs. */
	if (!r->store && !caps_held(CAP_SYS_ADMIN) && caps_no_more(e) < 0)
		return -1;
	return r->first.filter.len ? seccomp_program_load(&r->first.filter, e)
				   : seccomp_filter_load(r->plan->caps, e);
}
