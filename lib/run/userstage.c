#include "run/userstage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/selfexe.h"
#include "kernel/namespace.h"

/* Before Linux 5.15 btrfs has no idmapped mounts, so root of a user namespace would own no file. */
static void fall_back(struct plan *p, struct strv *notes)
{
	struct utsname u;
	int major, minor;

	if (p->users != USERS_AUTO || uname(&u) < 0 ||
	    sscanf(u.release, "%d.%d", &major, &minor) != 2)
		return;
	if (major > 5 || (major == 5 && minor >= 15))
		return;
	p->users = USERS_HOST;
	strv_take(
		notes,
		str_fmt("Linux %s cannot map owners on btrfs: root in the container is root of the host",
			u.release));
}

int userstage_settle(struct plan *p, struct strv *notes, struct err *e)
{
	fall_back(p, notes);
	return p->users == USERS_AUTO ? 0 : selfexe_seal(e);
}

bool userstage_wanted(const struct plan *p)
{
	return p->users == USERS_AUTO || p->users == USERS_MAP;
}

int userstage_prepare(struct run *r, struct err *e)
{
	if (r->plan->users == USERS_AUTO)
		return r->store ? idmap_claim(r->store->run, r->id, &r->map, &r->supervisor.ids, e)
				: idmap_borrow(&r->map, e);
	return idmap_read(r->plan->user_map, &r->map, e);
}

int userstage_grant(struct run *r, struct err *e)
{
	if (idmap_write(&r->map, r->supervisor.pid, e) < 0)
		return -1;
	r->userns = namespace_open(r->supervisor.pid, CLONE_NEWUSER, e);
	return r->userns < 0 ? -1 : 0;
}

int userstage_enter(struct run *r, struct err *e)
{
	/* An ID map of the user may lack id 0. */
	id_t id = idmap_outside(&r->map, 0) == (uint32_t)-1 ? r->map.line[0].inside : 0;

	/* An unprivileged user who maps a group must give up setgroups (user_namespaces(7)). */
	if ((explained(setgroups(0, NULL), "setgroups(0, NULL)") < 0 &&
	     (errno != EPERM || r->store)) ||
	    explained(setresgid(id, id, id), "setresgid(%u, %u, %u)", id, id, id) < 0 ||
	    explained(setresuid(id, id, id), "setresuid(%u, %u, %u)", id, id, id) < 0)
		return err_sys(e, "become %u of the user namespace", id);
	return 0;
}

bool userstage_is_shared(const struct plan *p)
{
	return p->users == USERS_SHARED;
}

int userstage_enter_shared(struct run *r, struct err *e)
{
	return otherns_of(&r->supervisor.others, CLONE_NEWUSER) < 0 ? 0 : userstage_enter(r, e);
}

void userstage_undo(struct run *r)
{
	if (r->store)
		idmap_release(r->store->run, r->id);
}

bool userstage_is_unmapped(const struct plan *p)
{
	return p->users == USERS_UNMAPPED;
}

int userstage_seal_unmapped(struct run *r, struct err *e)
{
	(void)r;
	return explained(unshare(CLONE_NEWUSER), "unshare(CLONE_NEWUSER)") < 0
		? err_sys(e, "make a user namespace")
		: 0;
}
