#include "run/dryrun.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/shell.h"
#include "container/container.h"
#include "container/user.h"
#include "kernel/caps.h"
#include "run/command.h"
#include "run/netrecipe.h"
#include "run/netstage.h"
#include "run/stage.h"

/* Its namespaces live as long as somebody is in them; what they need from outside is done
 * meanwhile. */
static const char head[] =
	"set -eu\n"
	"exec 3<&0 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- # approx: the run closes all that its caller has open\n"
	"umask=$(umask)\n"
	"umask 022\n"
	"work=$(mktemp -d)\n"
	"chmod 711 \"$work\"\n"
	"root=$work/root\n"
	"mkdir \"$root\"\n"
	"mkfifo -m 666 \"$work/up\" \"$work/mounted\" \"$work/go\"\n"
	"pwd=$PWD home='' group='' parents='' joined='' linked='' made='' opened='' holder='' turner='' program=''\n"
	"export work root pwd umask\n"
	"in_mounts() { nsenter --target \"$holder\" --mount -- \"$@\"; }\n";

/* On a terminal Ctrl-C is for the program. */
static void put_clean(const struct recipe *parts, bool tty, struct buf *out)
{
	buf_str(out,
		"clean() {\n\tset +e\n\ttrap - EXIT\n\ttrap '' HUP INT TERM\n"
		"\tfor pid in $program; do kill -KILL $(cat \"/proc/$pid/task/$pid/children\") \"$pid\"; done 2>/dev/null\n"
		"\t[ -z \"$holder\" ] || kill \"$holder\"\n\t[ -z \"$turner\" ] || kill \"$turner\" 2>/dev/null\n");
	if (parts->after.len)
		buf_str(out, parts->after.data);
	buf_fmt(out,
		"\trm -rf --one-file-system \"$work\"\n}\ntrap clean EXIT\n"
		"trap 'exit 129' HUP\ntrap %s INT\ntrap 'exit 143' TERM\n",
		tty ? "''" : "'exit 130'");
}

static void put(struct buf *out, const char *title, const struct buf *part)
{
	if (part->len)
		buf_fmt(out, "\n# %s\n%s", title, part->data);
}

static void put_holder(const struct run *r, const struct recipe *parts, struct buf *out)
{
	uint32_t owner = strstr(parts->flags.len ? parts->flags.data : "", " --user")
		? idmap_root(&r->map)
		: 0;

	if (!parts->flags.len && !parts->other.len)
		return;
	buf_str(out, "\n# The namespaces, held open by a process that sleeps.\n");
	if (parts->other.len)
		buf_fmt(out, "%s ", parts->other.data);
	if (owner && caps_held(CAP_SETUID))
		buf_fmt(out, "setpriv --securebits +no_setuid_fixup --euid %u ", owner);
	if (parts->flags.len)
		buf_fmt(out, "unshare%s ", parts->flags.data);
	buf_str(out,
		"sh -c 'echo; exec sleep infinity' >\"$work/up\" &\nholder=$!\nread -r _ <\"$work/up\"\n");
}

/* What the process does that goes in: mounts, then the program, once it has been given its root. */
static void put_inside(const struct run *r, const struct recipe *parts, struct buf *out)
{
	const char *words = parts->words.len ? parts->words.data : "";
	const char *session = r->store && !r->plan->tty ? "setsid " : "";
	const char *last = r->plan->init
		? "\"$@\"; exit $? # approx: an init that passes signals on"
		: "exec \"$@\"";
	/* Its environment is the caller's. */
	const char *leave = r->store ? ""
				     : "umask \"$umask\"\nunset work root pwd base group umask\n";
	own_buf struct buf dir = {0};

	buf_str(out, "\n# Inside.\ncat >\"$work/inside\" <<'INSIDE'\nset -eu\n");
	if (parts->inside.len)
		buf_str(out, parts->inside.data);
	shell_word(&dir, r->plan->workdir ? r->plan->workdir : "/");
	if (plan_has_stage(r->plan, STAGE_ROOT))
		buf_fmt(out,
			"cd /\nexec 8>\"$work/mounted\" 9<\"$work/go\"\n%s"
			"exec %s%s /bin/sh -c 'echo >&8; exec 8>&-; read -r _ <&9 || exit 125; exec 9<&-; cd \"$0\" || exit 125\n"
			"unset PWD OLDPWD; %s' %s \"$@\"\n",
			leave, session, words, r->plan->init ? "\"$@\"; exit $?" : last, dir.data);
	else
		buf_fmt(out, "cd %s\n%s%s%s%s%s\n", r->plan->workdir ? dir.data : "\"$pwd\"", leave,
			*words ? "exec " : "", *words ? session : "", words,
			*words ? " \"$@\"" : last);
	buf_str(out, "INSIDE\n");
	if (r->plan->init)
		buf_str(out,
			"# approx: a shell is process 1; unlike the run's init it passes no signal on\n");
}

static void put_turn(const struct recipe *parts, struct buf *out)
{
	if (parts->turn.len)
		buf_fmt(out,
			"\n# When all is mounted the new root becomes \"/\".\n(\nset -e\nexec 6<\"$work/mounted\" 7>\"$work/go\"\nread -r _ <&6\n%s"
			"echo >&7\n) &\nturner=$!\n",
			parts->turn.data);
}

/* In the background, where a signal ends the wait for it; so its input is handed on, and no signal
 * stays ignored. */
static void put_run(const struct run *r, const struct recipe *parts, struct buf *out)
{
	uint32_t root = r->map.n ? idmap_outside(&r->map, 0) : 0;
	unsigned id = root == (uint32_t)-1 ? r->map.line[0].inside : 0;

	buf_fmt(out, "\n(\nset -e\n%sexec env --default-signal%s",
		parts->join.len ? parts->join.data : "", r->store ? "" : "=INT,QUIT");
	if (parts->front.len)
		buf_fmt(out, " %s", parts->front.data);
	if (parts->flags.len || parts->entered.len)
		buf_fmt(out, " nsenter --target \"$holder\"%s%s",
			parts->entered.len ? parts->entered.data : "",
			parts->flags.len ? parts->flags.data : "");
	if (r->map.n && caps_held(CAP_SETUID))
		buf_fmt(out, " --setuid %u --setgid %u", id, id);
	else if (r->map.n)
		buf_str(out, " --preserve-credentials");
	if (parts->late.len)
		buf_fmt(out, " unshare%s%s", parts->late.data,
			plan_has_stage(r->plan, STAGE_PID) || plan_has_stage(r->plan, STAGE_TIME)
				? " --fork --kill-child"
				: "");
	buf_str(out, " sh \"$work/inside\"");
	shell_words(out, &r->plan->args);
	buf_fmt(out, "\n) %s 3<&- &\nprogram=$!\nset +e\nwait $program\nexit\n",
		r->input ? "<&3" : "</dev/null");
}

/* Ids that no container has, or those of the one whose network it shares. */
static int plan_map(struct run *r, struct err *e)
{
	const char *other = netstage_container(r->plan);
	own_container struct container c = CONTAINER_NONE;
	struct container_state st;

	if (!plan_has_stage(r->plan, STAGE_USER) || r->plan->users == USERS_HOST ||
	    r->plan->users == USERS_UNMAPPED)
		return 0;
	if (r->plan->users == USERS_AUTO)
		return idmap_borrow(&r->map, e);
	if (r->plan->users == USERS_MAP)
		return idmap_read(r->plan->user_map, &r->map, e);
	if (container_open(r->store, other, &c, e) < 0)
		return err_wrap(e, "--network container");
	if (!container_runs(r->store, &c, &st))
		return err_set(e, "--network container:%s: it does not run", other);
	return idmap_of(st.init.pid, &r->map, e);
}

static int plan_run(struct run *r, int root, struct err *e)
{
	struct filetree_host host = filetree_host(r->store);
	const struct plan *p = r->plan;
	own_fd int dir = -1;

	run_begin(r);
	if (plan_map(r, e) < 0)
		return -1;
	r->mounts_in_child = !r->store && (!r->map.n || !caps_held(CAP_SYS_ADMIN));
	dir = root >= 0 ? fcntl(root, F_DUPFD_CLOEXEC, 3)
			: open(plan_has_stage(p, STAGE_ROOT) ? p->rootfs : "/",
			       O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "%s", p->rootfs);
	if (!r->first.program.as_is && user_find(dir, p->user, &r->first.program.who, e) < 0)
		return -1;
	if (r->store && plan_has_stage(p, STAGE_UTS))
		snprintf(r->first.program.hostname, sizeof(r->first.program.hostname), "%s",
			 r->hostname);
	else if (r->store &&
		 gethostname(r->first.program.hostname, sizeof(r->first.program.hostname)) < 0)
		return err_sys(e, "host name");
	command_complete_env(&r->first.program);
	r->rootfs = take_fd(&dir);
	return filetree_build(&r->tree, p, &host, e) < 0
		? -1
		: filetree_check_places(&r->tree, r->rootfs, e);
}

int dryrun_script(const struct store *store, const struct plan *plan, int root, struct buf *out,
		  struct err *e)
{
	own_recipe struct recipe parts = {0};
	own_buf struct buf before = {0};
	struct run r = {.store = store,
			.plan = plan,
			.id = "by-hand",
			.image = root,
			.home = -1,
			.input = true,
			.hostname = plan->hostname || !store ? plan->hostname : "by-hand"};
	int failed = plan_run(&r, root, e) < 0 || netrecipe_plan(&r, e) < 0 ? -1 : 0;

	for (const struct stage *s = stages; !failed && s->says; s++) {
		if (!stage_is_wanted(s, plan))
			continue;
		s->shell(&r, &parts);
		if (parts.before.len)
			buf_fmt(&before, "\n# %s: %s\n%s", stage_names[s->id], s->says,
				parts.before.data);
		buf_free(&parts.before);
	}
	buf_fmt(out,
		"#!/bin/sh\n# A run of ct-run, by hand. What is marked \"approx\" only comes near.\n%s",
		head);
	put_clean(&parts, plan->tty, out);
	if (before.len)
		buf_str(out, before.data);
	put_holder(&r, &parts, out);
	put(out, "From outside: what takes the host's rights.", &parts.held);
	put_inside(&r, &parts, out);
	put_turn(&parts, out);
	put_run(&r, &parts, out);
	run_end(&r);
	return failed;
}
