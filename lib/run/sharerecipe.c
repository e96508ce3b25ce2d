#include "run/sharerecipe.h"

#include <sched.h>

#include "base/err.h"
#include "base/own.h"
#include "base/shell.h"
#include "container/container.h"
#include "kernel/hierarchy.h"
#include "kernel/namespace.h"
#include "run/nsshare.h"
#include "store/names.h"

/* Adds the first pid of the other container's cgroup, quoted. */
static void first_of(const struct run *r, struct buf *to)
{
	own_str char *group = NULL, *procs = NULL;
	const struct hierarchy *trees;
	char id[ID_LEN] = "";
	struct err ignored;

	if (name_resolve(r->store, "ps", nsshare_container(r->plan), id, &ignored) < 0 ||
	    hierarchy_find(&trees, &ignored) <= 0)
		return;
	group = container_group(id);
	procs = hierarchy_path(trees, group, "cgroup.procs");
	buf_str(to, "\"$(head -n 1 ");
	shell_word(to, procs);
	buf_str(to, ")\"");
}

/* ids: options of nsenter(1) that change the user. */
static void enter_other(const struct run *r, struct recipe *out, int flag, const char *ids)
{
	const char *option = namespace_of(flag)->option;
	struct buf *to = out->typed ? &out->inside : &out->other;

	if (out->typed || !to->len) {
		buf_str(to, "nsenter --target ");
		first_of(r, to);
	}
	buf_fmt(to, " %s%s%s", option, ids, out->typed ? "\n" : "");
	if (!out->typed)
		buf_fmt(&out->entered, " %s", option);
}

void sharerecipe_user(const struct run *r, struct recipe *out)
{
	enter_other(r, out, CLONE_NEWUSER, " --setuid 0 --setgid 0");
}

void sharerecipe_net(const struct run *r, struct recipe *out)
{
	enter_other(r, out, CLONE_NEWNET, "");
}

void sharerecipe_ipc(const struct run *r, struct recipe *out)
{
	enter_other(r, out, CLONE_NEWIPC, "");
}

/* $holder stays outside: the entering process begins in the PID namespace. */
void sharerecipe_pid(const struct run *r, struct recipe *out)
{
	if (out->typed) {
		enter_other(r, out, CLONE_NEWPID, "");
		return;
	}
	buf_fmt(&out->front, "%snsenter --target ", out->front.len ? " " : "");
	first_of(r, &out->front);
	buf_str(&out->front, " --pid");
}
