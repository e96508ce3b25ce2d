#include "run/dryrun.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/shell.h"
#include "base/shellwrap.h"
#include "container/container.h"
#include "container/user.h"
#include "kernel/caps.h"
#include "run/command.h"
#include "run/netrecipe.h"
#include "run/nsshare.h"
#include "run/rootrecipe.h"
#include "run/stage.h"

static const char head[] =
	"#!/bin/sh\n"
	"# This script does with standard tools what a run does: it makes the same container, runs the\n"
	"# same command in it and removes everything at the end. A comment that begins with \"approx\"\n"
	"# says where the result differs from the run's.\n"
	"set -eu\n"
	"\n"
	"# Descriptor 3 keeps the input for the command.\n"
	"# approx: the run closes all other descriptors that its caller has open\n"
	"exec 3<&0 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-\n"
	"umask=$(umask)\n"
	"umask 022\n"
	"\n"
	"# A directory for the files of this script: $root, on which the container's root directory is\n"
	"# mounted, and pipes on which the processes of this script wait for each other.\n"
	"work=$(mktemp -d)\n"
	"chmod 711 \"$work\"\n"
	"root=$work/root\n"
	"mkdir \"$root\"\n"
	"mkfifo -m 666 \"$work/up\" \"$work/mounted\" \"$work/go\"\n"
	"pwd=$PWD\n"
	"export work root pwd umask\n"
	"\n"
	"# clean kills the processes, then calls the functions in $undo. It runs at the end, also after\n"
	"# an error or a signal. Each part of the script adds its function in front of $undo before it\n"
	"# makes something.\n"
	"undo='' holder='' turner='' program=''\n"
	"clean() {\n"
	"	set +e\n"
	"	trap - EXIT\n"
	"	trap '' HUP INT TERM\n"
	"	for pid in $program; do\n"
	"		xargs -r kill -KILL <\"/proc/$pid/task/$pid/children\"\n"
	"		kill -KILL \"$pid\"\n"
	"	done 2>/dev/null\n"
	"	[ -z \"$holder\" ] || kill \"$holder\"\n"
	"	[ -z \"$turner\" ] || kill \"$turner\" 2>/dev/null\n"
	"	for step in $undo; do \"$step\"; done\n"
	"	rm -rf --one-file-system \"$work\"\n"
	"}\n"
	"trap clean EXIT\n"
	"trap 'exit 129' HUP\n";

/* On a terminal Ctrl-C reaches the program itself. */
static void put_head(bool tty, struct buf *out)
{
	buf_fmt(out, "%strap %s INT\ntrap 'exit 143' TERM\n", head, tty ? "''" : "'exit 130'");
}

static void put_holder(const struct run *r, const struct recipe *parts, struct buf *out)
{
	uint32_t owner = strstr(parts->flags.len ? parts->flags.data : "", " --user")
		? idmap_root(&r->map)
		: 0;

	if (!parts->flags.len && !parts->other.len)
		return;
	buf_str(out,
		"\n# A namespace exists as long as a process is in it. A sleeping process, $holder, keeps the\n"
		"# namespaces while they are set up from outside.\n");
	if (parts->other.len)
		buf_fmt(out, "%s ", parts->other.data);
	if (owner && caps_held(CAP_SETUID))
		buf_fmt(out, "setpriv --securebits +no_setuid_fixup --euid %u ", owner);
	if (parts->flags.len)
		buf_fmt(out, "unshare%s ", parts->flags.data);
	buf_str(out,
		"\\\n	sh -c 'echo; exec sleep infinity' >\"$work/up\" &\n"
		"holder=$!\nread -r _ <\"$work/up\"\n");
}

/* Adds the lines that run outside, with the host's rights. */
static void put_held(const struct recipe *parts, struct buf *out)
{
	if ((parts->held.len && strstr(parts->held.data, "$root")) || parts->turn.len)
		buf_fmt(out, "\n%s", rootrecipe_functions);
	if (parts->held.len)
		buf_str(out, parts->held.data);
}

static void put_program(const struct run *r, const char *words, const char *leave, struct buf *out)
{
	const char *session = r->store && !r->plan->tty ? "setsid " : "";
	const char *last = r->plan->init ? "\"$@\"; exit $?" : "exec \"$@\"";
	own_str char *dir = shell_quoted(r->plan->workdir ? r->plan->workdir : "/");

	if (r->plan->init)
		buf_str(out,
			"# approx: a shell is process 1; unlike the run's init it passes no signal on\n");
	if (plan_has_stage(r->plan, STAGE_ROOT))
		buf_fmt(out,
			"# This shell reports that everything is mounted, waits until the new root is \"/\", and\n"
			"# executes the program.\n"
			"cd /\nexec 8>\"$work/mounted\" 9<\"$work/go\"\n%s"
			"exec %s%s%s/bin/sh -c '\n"
			"		echo >&8\n		exec 8>&-\n"
			"		read -r _ <&9 || exit 125\n		exec 9<&-\n"
			"		cd \"$0\" || exit 125\n		unset PWD OLDPWD\n"
			"		%s' \\\n	%s \"$@\"\n",
			leave, session, words, *words || *session ? " \\\n	" : "", last, dir);
	else if (*words)
		buf_fmt(out, "cd %s\n%sexec %s%s \"$@\"\n", r->plan->workdir ? dir : "\"$pwd\"",
			leave, session, words);
	else
		buf_fmt(out, "cd %s\n%s%s\n", r->plan->workdir ? dir : "\"$pwd\"", leave, last);
}

/* Adds the inner script: it mounts, waits until the new root is "/", and executes the program. */
static void put_inside(const struct run *r, const struct recipe *parts, struct buf *out)
{
	static const char make_file[] =
		"make_file() { [ -e \"$1\" ] || { mkdir -p \"${1%/*}\" && touch \"$1\"; }; }\n";
	const char *lines = parts->inside.len ? parts->inside.data : "";
	own_buf struct buf script = {0};

	buf_fmt(&script, "set -eu\n%s%s\n", strstr(lines, "make_file ") ? make_file : "", lines);
	/* A bare run keeps the caller's environment. */
	put_program(r, parts->words.len ? parts->words.data : "",
		    r->store ? "" : "umask \"$umask\"\nunset work root pwd base umask\n", &script);
	buf_str(out,
		"\n# The script of the process that enters the namespaces.\ncat >\"$work/inside\" <<'INSIDE'\n");
	shellwrap(out, script.data, SHELLWRAP_COLUMNS);
	buf_str(out, "INSIDE\n");
}

static void put_turn(const struct recipe *parts, struct buf *out)
{
	own_strv struct strv lines = {0};

	if (!parts->turn.len)
		return;
	strv_split(&lines, parts->turn.data, '\n');
	buf_str(out,
		"\n# When everything is mounted, the new root becomes \"/\".\n(\n	set -e\n"
		"	exec 6<\"$work/mounted\" 7>\"$work/go\"\n	read -r _ <&6\n");
	for (size_t i = 0; i + 1 < lines.n; i++)
		buf_fmt(out, "	%s\n", lines.v[i]);
	buf_str(out, "	echo >&7\n) &\nturner=$!\n");
}

/*
 * The program runs in the background, so that a signal ends the script's wait for it. The shell
 * would give a background process /dev/null as input and ignored signals, so both are restored.
 */
static void put_run(const struct run *r, const struct recipe *parts, struct buf *out)
{
	uint32_t root = r->map.n ? idmap_outside(&r->map, 0) : 0;
	unsigned id = root == (uint32_t)-1 ? r->map.line[0].inside : 0;

	buf_fmt(out,
		"\n# A process joins the cgroup, enters the namespaces and runs that script. It is in the\n"
		"# background, because a signal then ends the wait for it.\n(\n	set -e\n%s	exec env --default-signal%s",
		parts->join.len ? parts->join.data : "", r->store ? "" : "=INT,QUIT");
	if (parts->front.len)
		buf_fmt(out, " \\\n		%s", parts->front.data);
	if (parts->flags.len || parts->entered.len)
		buf_fmt(out, " \\\n		nsenter --target \"$holder\"%s%s",
			parts->entered.len ? parts->entered.data : "",
			parts->flags.len ? parts->flags.data : "");
	if (r->map.n && caps_held(CAP_SETUID))
		buf_fmt(out, " --setuid %u --setgid %u", id, id);
	else if (r->map.n)
		buf_str(out, " --preserve-credentials");
	if (parts->late.len)
		buf_fmt(out, " \\\n		unshare%s%s", parts->late.data,
			(plan_has_stage(r->plan, STAGE_PID) && nsshare_own_pid(r->plan)) ||
					plan_has_stage(r->plan, STAGE_TIME)
				? " --fork --kill-child"
				: "");
	buf_str(out, " \\\n		sh \"$work/inside\"");
	shell_words(out, &r->plan->args);
	buf_fmt(out,
		"\n) %s 3<&- &\nprogram=$!\n\n"
		"# The exit status of the script is the program's.\nset +e\nwait $program\nexit\n",
		r->input ? "<&3" : "</dev/null");
}

/*
 * Sets the ID map: a range that no container has, or the map of the container whose namespaces are
 * shared.
 */
static int plan_map(struct run *r, struct err *e)
{
	const char *other = nsshare_container(r->plan), *option = nsshare_option(r->plan);
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
		return err_wrap(e, "%s container", option);
	if (!container_runs(r->store, &c, &st))
		return err_set(e, "%s container:%s: it does not run", option, other);
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
	if (!r->first.program.as_is &&
	    (user_find(dir, p->user, &r->first.program.who, e) < 0 ||
	     user_add_groups(dir, &p->groups, &r->first.program.who, e) < 0))
		return -1;
	if (r->store)
		snprintf(r->first.program.hostname, sizeof(r->first.program.hostname), "%s",
			 r->hostname);
	command_complete_env(&r->first.program);
	r->rootfs = take_fd(&dir);
	return filetree_build(&r->tree, p, &host, e) < 0
		? -1
		: filetree_check_places(&r->tree, r->rootfs, e);
}

/* Adds a stage's part of the script, with a heading. */
static void put_part(const struct stage *s, struct buf *part, struct buf *to)
{
	if (part->len)
		buf_fmt(to, "\n# %s: %s\n%s", plan_stage_names[s->id], s->says, part->data);
	buf_free(part);
}

/* Collects the parts of all stages. */
static void collect(const struct run *r, struct recipe *parts)
{
	for (const struct stage *s = stages; s->says; s++) {
		struct buf before = parts->before, held = parts->held, inside = parts->inside;

		if (!stage_is_wanted(s, r->plan))
			continue;
		parts->before = parts->held = parts->inside = (struct buf){0};
		s->shell(r, parts);
		put_part(s, &parts->before, &before);
		put_part(s, &parts->held, &held);
		put_part(s, &parts->inside, &inside);
		parts->before = before;
		parts->held = held;
		parts->inside = inside;
	}
}

int dryrun_script(const struct store *store, const struct plan *plan, int root, struct buf *out,
		  struct err *e)
{
	own_recipe struct recipe parts = {0};
	own_buf struct buf script = {0};
	struct run r = {.store = store,
			.plan = plan,
			.id = "by-hand",
			.image = root,
			.home = -1,
			.input = true,
			.hostname = store ? plan_hostname(plan, "by-hand") : plan->hostname};
	int failed = plan_run(&r, root, e) < 0 || netrecipe_plan(&r, e) < 0 ? -1 : 0;

	if (failed == 0) {
		collect(&r, &parts);
		put_head(plan->tty, &script);
		if (parts.before.len)
			buf_str(&script, parts.before.data);
		put_holder(&r, &parts, &script);
		put_held(&parts, &script);
		put_inside(&r, &parts, &script);
		put_turn(&parts, &script);
		put_run(&r, &parts, &script);
		shellwrap(out, script.data, SHELLWRAP_COLUMNS);
	}
	run_end(&r);
	return failed;
}
