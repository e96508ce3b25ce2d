#include "run/execstage.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "container/treemount.h"
#include "kernel/owner.h"
#include "kernel/rlimit.h"
#include "run/barefs.h"
#include "run/channel.h"
#include "run/command.h"
#include "run/devtty.h"

int execstage_prepare(struct run *r, struct err *e)
{
	if (!r->store)
		return streams_lend(&r->supervisor.streams, r->input, e);
	return streams_open(&r->supervisor.streams, r->plan->tty ? STREAMS_TERMINAL : STREAMS_PIPES,
			    r->input, idmap_root(&r->map), e);
}

int execstage_release(struct run *r, struct err *e)
{
	/* Without CAP_SYS_RESOURCE, root of the host may still change limits of processes in a user
	 * namespace that the same id owns. */
	bool begun = r->plan->ulimits.n && owner_begin(idmap_root(&r->map));
	int failed = 0;

	for (size_t i = 0; !failed && i < r->plan->ulimits.n; i++)
		failed = rlimit_set(r->supervisor.pid, r->plan->ulimits.v[i], r->notes, e);
	owner_end(begun);
	return failed || !r->plan->oom_score
		? failed
		: rlimit_oom_score(r->supervisor.pid, r->plan->oom_score, e);
}

/* Makes a terminal on the container's own devpts and sends the master to the supervisor. */
static int take_terminal(struct run *r, struct err *e)
{
	struct program *p = &r->first.program;
	int slave = -1;
	own_fd int master = devtty_open(r->first.place.dev, &p->who, &slave, e);

	if (master < 0 || devtty_mount_console(r->first.place.dev, slave, e) < 0)
		return -1;
	p->stdio[0] = p->stdio[1] = p->stdio[2] = slave;
	return channel_send(r->channel, MESSAGE_TERMINAL, NULL, master, e);
}

int execstage_enter(struct run *r, struct err *e)
{
	struct program *p = &r->first.program;

	if (r->first.place.root < 0 && barefs_stay(r, e) < 0)
		return -1;
	if (!p->as_is &&
	    (user_find(r->first.place.root, r->plan->user, &p->who, e) < 0 ||
	     user_add_groups(r->first.place.root, &r->plan->groups, &p->who, e) < 0))
		return -1;
	memcpy(p->stdio, r->supervisor.streams.theirs, sizeof(p->stdio));
	if (p->tty) {
		if (take_terminal(r, e) < 0)
			return -1;
	} else if (r->store) {
		program_own_streams(p);
	}
	if (r->store && gethostname(p->hostname, sizeof(p->hostname)) < 0)
		return err_sys(e, "read the host name");
	if (!r->store && !p->workdir && !plan_has_stage(r->plan, STAGE_ROOT))
		p->workdir_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (command_find(p, r->first.place.root, e) < 0)
		return -1;
	if (treemount(&r->tree, FSENTRY_LAST, &r->first.place, e) < 0)
		return -1;
	/* The container must not have the user's keys. */
	explained(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL),
		  "keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL)");
	return 0;
}
