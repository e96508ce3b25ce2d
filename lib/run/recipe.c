#include "run/recipe.h"

#include <ctype.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "base/shell.h"
#include "container/container.h"
#include "kernel/caps.h"
#include "kernel/namespace.h"
#include "kernel/netlink.h"
#include "run/netstage.h"
#include "run/nsshare.h"
#include "store/volstore.h"

void recipe_free(struct recipe *out)
{
	struct buf *all[] = {&out->before, &out->flags,  &out->late,   &out->join,
			     &out->held,   &out->inside, &out->turn,   &out->words,
			     &out->front,  &out->other,  &out->entered};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		buf_free(all[i]);
	free(out->marks);
}

void recipe_mark(struct recipe *out, size_t entry)
{
	out->marks = mem_grow_one(out->marks, out->marks_n, sizeof(*out->marks));
	out->marks[out->marks_n++] = (struct recipe_mark){entry, out->inside.len};
}

/* PID 1 must not end: the shell in which the lines are typed is replaced by the next one. */
static const char *become(const struct run *r)
{
	return plan_has_stage(r->plan, STAGE_PID) ? "exec " : "";
}

void recipe_namespace(struct recipe *out, struct buf *flags, const char *before, int flag,
		      const char *typed)
{
	const char *option = namespace_of(flag)->option;

	if (out->typed)
		buf_fmt(&out->inside, "%sunshare %s%s\n", before, option, typed);
	else
		buf_fmt(flags, " %s", option);
}

/* Adds a command in front of the program. */
static void then(struct buf *to, const char *command)
{
	buf_fmt(to, "%s%s", to->len ? " " : "", command);
}

/* ---- snapshot ---- */

static const char remove_snapshot[] =
	"remove_snapshot() {\n"
	"	for each in \"$home\"/*; do\n"
	"		[ ! -d \"$each\" ] || btrfs subvolume delete \"$each\" >/dev/null\n"
	"	done\n"
	"	rmdir \"$home\"\n"
	"}\n"
	"undo=\"remove_snapshot $undo\"\n"
	"mkdir \"$home\" || { undo=${undo#* }; exit 1; }\n";

/* A volume that the image declares begins with the image's files at that path. */
static void image_volume(const struct run *r, size_t i, struct buf *to)
{
	own_str char *name = volstore_own_name(i),
		     *at = path_resolved(r->image, r->plan->image_volumes.v[i]),
		     *target = shell_quoted(at);

	buf_fmt(to, "btrfs subvolume create \"$home/%s\" >/dev/null\n", name);
	buf_fmt(to, "[ ! -d \"$base\"%s ] || cp -a \"$base\"%s/. \"$home/%s\"\n", target, target,
		name);
}

void recipe_snapshot(const struct run *r, struct recipe *out)
{
	own_str char *place = str_fmt("%s/by-hand-", r->store->root_path),
		     *home = shell_quoted(place);
	own_str char *path = str_fmt("%s/%s/rootfs", r->store->root_path, r->plan->image),
		     *image = shell_quoted(path);

	buf_fmt(&out->before, "export home=%s$$\n", home);
	buf_str(&out->before, out->typed ? "mkdir \"$home\"\n" : remove_snapshot);
	buf_fmt(&out->before, "btrfs subvolume snapshot %s \"$home/rootfs\" >/dev/null\n", image);
	if (r->plan->disk)
		buf_fmt(&out->before, "btrfs qgroup limit -e %llu \"$home/rootfs\"\n",
			(unsigned long long)r->plan->disk);
	buf_str(&out->before, "export base=$home/rootfs\n");
	for (size_t i = 0; i < r->plan->image_volumes.n; i++)
		image_volume(r, i, &out->before);
}

/* ---- namespaces ---- */

static void write_maps(const struct run *r, struct buf *to)
{
	own_buf struct buf map = {0};

	for (int i = 0; i < r->map.n; i++)
		buf_fmt(&map, "%u %u %u\\n", r->map.line[i].inside, r->map.line[i].outside,
			r->map.line[i].count);
	buf_fmt(to, "printf '%s' >/proc/$holder/uid_map\n", map.data);
	if (r->map.own)
		buf_fmt(to,
			"echo deny >/proc/$holder/setgroups\necho '%u %u 1' >/proc/$holder/gid_map\n",
			r->map.line->inside, r->map.group);
	else
		buf_fmt(to, "printf '%s' >/proc/$holder/gid_map\n", map.data);
}

void recipe_user(const struct run *r, struct recipe *out)
{
	unsigned id = idmap_outside(&r->map, 0) != (uint32_t)-1 ? 0 : r->map.line->inside;

	if (!out->typed) {
		recipe_namespace(out, &out->flags, "", CLONE_NEWUSER, "");
		write_maps(r, &out->held);
		return;
	}
	if (r->map.own) {
		buf_fmt(&out->inside, "unshare --user --map-user=%u --map-group=%u\n",
			r->map.line->inside, r->map.line->inside);
		return;
	}
	buf_str(&out->inside, "unshare --user sleep infinity & holder=$!\n");
	buf_str(&out->inside,
		"while [ \"$(readlink /proc/$holder/ns/user)\" = \"$(readlink /proc/self/ns/user)\" ]\n"
		"do :; done\n");
	write_maps(r, &out->inside);
	buf_fmt(&out->inside, "nsenter --target $holder --user --setuid %u --setgid %u\n", id, id);
}

void recipe_user_unmapped(const struct run *r, struct recipe *out)
{
	/*
	 * The stage caps needs the capabilities to drop them. Without it, the program of an
	 * unmapped user has none.
	 */
	const char *command = plan_has_stage(r->plan, STAGE_CAPS) ? "unshare --user --keep-caps"
								  : "unshare --user";

	if (out->typed)
		buf_fmt(&out->inside, "%s%s\n", become(r), command);
	else
		then(&out->words, command);
}

void recipe_uts(const struct run *r, struct recipe *out)
{
	recipe_namespace(out, &out->flags, "", CLONE_NEWUTS, "");
	/* With typed lines, --explain shows the host name when the run sets it. */
	if (r->hostname && !out->typed)
		buf_fmt(&out->inside, "hostname %s\n", r->hostname);
}

void recipe_ipc(const struct run *r, struct recipe *out)
{
	own_netlink struct netlink *to = netlink_text(&out->inside);
	struct err ignored;

	recipe_namespace(out, &out->flags, "", CLONE_NEWIPC, "");
	/* With typed lines, --explain shows each setting when the run makes it. */
	if (!out->typed)
		netstage_sysctls(to, &r->plan->sysctls, SYSCTL_IPC, &ignored);
}

void recipe_pid(const struct run *r, struct recipe *out)
{
	recipe_namespace(out, &out->late, "", CLONE_NEWPID,
			 plan_has_stage(r->plan, STAGE_TIME) ? " --time --fork" : " --fork");
}

void recipe_cgns(const struct run *r, struct recipe *out)
{
	recipe_namespace(out, &out->late, become(r), CLONE_NEWCGROUP, "");
}

void recipe_time(const struct run *r, struct recipe *out)
{
	/*
	 * A new pid or time namespace begins with a child process: the unshare(1) of the stage pid
	 * makes both.
	 */
	if (!out->typed || !plan_has_stage(r->plan, STAGE_PID) || nsshare_has_pid(r->plan))
		recipe_namespace(out, &out->late, "", CLONE_NEWTIME, " --fork");
}

void recipe_mnt(const struct run *r, struct recipe *out)
{
	recipe_namespace(out, &out->flags, become(r), CLONE_NEWNS, "");
}

/* ---- the program ---- */

void recipe_list_caps(uint64_t caps, struct buf *to)
{
	buf_str(to, "caps=-all\n");
	if (!caps)
		return;
	buf_str(to, "for cap in");
	for (int cap = 0; cap < 64; cap++) {
		if (!(caps & CAPS_BIT(cap)))
			continue;
		if (!caps_name(cap)) {
			buf_fmt(to, " cap_%d", cap);
			continue;
		}
		buf_str(to, " ");
		for (const char *c = caps_name(cap); *c; c++)
			buf_fmt(to, "%c", tolower((unsigned char)*c));
	}
	buf_str(to, "; do caps=$caps,+$cap; done\n");
}

const char recipe_limit_caps[] =
	"setpriv --bounding-set=\"$caps\" --inh-caps=-all --ambient-caps=-all";

void recipe_caps(const struct run *r, struct recipe *out)
{
	recipe_list_caps(r->plan->caps, &out->inside);
	if (out->typed)
		buf_fmt(&out->inside, "%s%s \"${SHELL:-sh}\"\n", become(r), recipe_limit_caps);
	else
		then(&out->words, recipe_limit_caps);
}

void recipe_seccomp(const struct run *r, struct recipe *out)
{
	(void)r;
	buf_str(&out->inside,
		"# approx: no standard tool loads a filter of system calls (bwrap --seccomp takes one)\n:\n");
}

void recipe_become_user(const struct user *u, struct buf *to)
{
	buf_fmt(to, " --reuid=%u --regid=%u", u->uid, u->gid);
	if (!u->groups_n)
		buf_str(to, " --clear-groups");
	for (int i = 0; i < u->groups_n; i++)
		buf_fmt(to, "%s%u", i ? "," : " --groups=", u->groups[i]);
}

/* Adds the variables that a bare run has besides the caller's environment. */
static void env_of_its_own(const struct plan *p, struct buf *to)
{
	bool first = true;

	for (size_t i = 0; i < p->env.n; i++) {
		own_str char *name = str_dup_n(p->env.v[i], strcspn(p->env.v[i], "="));

		if (str_equal(getenv(name), p->env.v[i] + strlen(name) + 1))
			continue;
		if (first)
			then(to, "env --");
		first = false;
		buf_str(to, " ");
		shell_word(to, p->env.v[i]);
	}
}

void recipe_exec(const struct run *r, struct recipe *out)
{
	const struct program *p = &r->first.program;
	struct buf *to = out->typed ? &out->inside : &out->words;

	if (out->typed)
		buf_str(to, "exec");
	for (size_t i = 0; i < r->plan->ulimits.n; i++) {
		own_str char *limit = str_fmt("prlimit --%s", r->plan->ulimits.v[i]);

		then(out->typed ? to : &out->front, limit);
	}
	if (r->plan->oom_score) {
		own_str char *score = str_fmt("choom --adjust %s --", r->plan->oom_score);

		then(out->typed ? to : &out->front, score);
	}
	/*
	 * A script has a single setpriv(1), because the first of two would drop capabilities that
	 * the second needs.
	 */
	if (!p->as_is) {
		if (out->typed || !plan_has_stage(r->plan, STAGE_CAPS))
			then(to, "setpriv");
		recipe_become_user(&p->who, to);
	}
	if (r->plan->no_new_privs) {
		if (p->as_is && (out->typed || !plan_has_stage(r->plan, STAGE_CAPS)))
			then(to, "setpriv");
		buf_str(to, " --no-new-privs");
	}
	if (r->plan->umask) {
		own_str char *set =
			str_fmt("/bin/sh -c 'umask %s; exec \"$@\"' sh", r->plan->umask);

		then(to, set);
	}
	if (r->store) {
		then(to, "env -i --");
		shell_words(to, &p->env);
	} else {
		env_of_its_own(r->plan, to);
	}
	if (!out->typed)
		return;
	if (p->workdir) {
		then(to, "/bin/sh -c 'cd \"$0\" && exec \"$@\"' ");
		shell_word(to, p->workdir);
	}
	shell_words(to, &r->plan->args);
	buf_str(to, "\n");
}
