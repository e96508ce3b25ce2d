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
#include "kernel/hierarchy.h"
#include "kernel/namespace.h"
#include "store/volstore.h"

void recipe_free(struct recipe *out)
{
	struct buf *all[] = {&out->before, &out->flags,  &out->late,  &out->join,
			     &out->held,   &out->inside, &out->turn,  &out->words,
			     &out->after,  &out->front,  &out->other, &out->entered};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		buf_free(all[i]);
}

/* Where it is process 1 that types, that has to become what comes. */
static const char *become(const struct run *r)
{
	return plan_has_stage(r->plan, STAGE_PID) ? "exec " : "";
}

/* A namespace: `begins` is where its flag goes in a script. */
static void namespace(struct recipe *out, struct buf *begins, const char *before, int flag,
		      const char *typed)
{
	const char *option = namespace_of(flag)->option;

	if (out->typed)
		buf_fmt(&out->inside, "%sunshare %s%s\n", before, option, typed);
	else
		buf_fmt(begins, " %s", option);
}

/* One more command in front of the program. */
static void then(struct buf *to, const char *command)
{
	buf_fmt(to, "%s%s", to->len ? " " : "", command);
}

static char *quoted(const char *word)
{
	struct buf b = {0};

	shell_word(&b, word);
	return b.data;
}

/* ---- snapshot ---- */

void recipe_snapshot(const struct run *r, struct recipe *out)
{
	own_str char *place = str_fmt("%s/by-hand-", r->store->root_path), *home = quoted(place);
	own_str char *path = str_fmt("%s/%s/rootfs", r->store->root_path, r->plan->image),
		     *image = quoted(path);

	buf_fmt(&out->before, "export home=%s$$ && mkdir \"$home\"\n", home);
	buf_fmt(&out->before, "btrfs subvolume snapshot %s \"$home/rootfs\" >/dev/null\n", image);
	buf_str(&out->before, "export base=$home/rootfs\n");
	for (size_t i = 0; i < r->plan->image_volumes.n; i++) {
		own_str char *name = volstore_own_name(i),
			     *at = path_resolved(r->image, r->plan->image_volumes.v[i]);
		own_str char *target = quoted(at);

		buf_fmt(&out->before, "btrfs subvolume create \"$home/%s\" >/dev/null\n", name);
		buf_fmt(&out->before, "[ ! -d \"$base\"%s ] || cp -a \"$base\"%s/. \"$home/%s\"\n",
			target, target, name);
	}
	buf_str(&out->after,
		"[ -z \"$home\" ] || { for each in \"$home\"/*; do [ ! -d \"$each\" ] || btrfs subvolume delete \"$each\" "
		">/dev/null; done; rmdir \"$home\"; }\n");
}

/* ---- cgroup ---- */

struct noting {
	const struct limits *limits;
	struct recipe *out;
};

static void note_limit(void *arg, const char *controller, const char *file, const char *value)
{
	const struct hierarchy *h = hierarchy_of(controller);
	const struct noting *n = arg;
	struct recipe *out = n->out;

	if (!h)
		return;
	/* What nobody asked for is set where it can be. */
	if (str_equal(controller, "pids") ? n->limits->pids_default
					  : strstr(file, "sw") && !n->limits->memory_swap)
		buf_fmt(&out->before, "[ ! -e \"%s/$group/%s\" ] || ", h->mount, file);
	buf_fmt(&out->before, "echo %s >\"%s/$group/%s\"\n", value, h->mount, file);
}

/* A file of a group, quoted; group "": the topmost. */
static char *group_file(const struct hierarchy *h, const char *group, size_t n, const char *file)
{
	own_str char *path = str_fmt("%s%s%.*s/%s", h->mount, n ? "/" : "", (int)n, group, file);

	return quoted(path);
}

/* From the length of a group's path to that of the one below on the way to it; 0: the topmost. */
static size_t one_down(const char *group, size_t n)
{
	n += n > 0;
	return n + strcspn(group + n, "/");
}

/* On v1 a new group has no processors and no memory until it is given those of the one above. */
static void inherit_cpuset(const struct hierarchy *h, const char *parent, struct recipe *out)
{
	size_t up = 0, n;

	for (; parent[up]; up = n) {
		own_str char *above = group_file(h, parent, up, ""), *own = NULL;

		n = one_down(parent, up);
		own = group_file(h, parent, n, "");
		buf_fmt(&out->before,
			"for file in cpuset.cpus cpuset.mems; do [ -n \"$(cat %s$file)\" ] || cat %s$file >%s$file; done\n",
			own, above, own);
	}
	buf_fmt(&out->before,
		"for file in cpuset.cpus cpuset.mems; do cat \"%s/$group/../$file\" >\"%s/$group/$file\"; done\n",
		h->mount, h->mount);
}

/* On v2 each group lets the controllers through to those in it. */
static void let_through(const struct hierarchy *h, const char *group, struct recipe *out)
{
	own_buf struct buf all = {0};

	for (size_t i = 0; i < h->n; i++)
		buf_fmt(&all, " +%s", h->controllers[i]);
	for (size_t n = 0;; n = one_down(group, n)) {
		own_str char *file = group_file(h, group, n, "cgroup.subtree_control");

		buf_fmt(&out->before, "for each in%s; do echo $each >%s || :; done\n", all.data,
			file);
		if (!group[n])
			break;
	}
}

void recipe_cgroup(const struct run *r, struct recipe *out)
{
	own_str char *group = container_group("by-hand-");
	own_str char *parent = str_dup_n(group, (size_t)(strrchr(group, '/') - group)),
		     *named = quoted(group);
	own_buf struct buf v1 = {0}, all = {0};
	const struct hierarchy *trees;
	struct err ignored;
	int n = hierarchy_find(&trees, &ignored);

	buf_str(&v1, "");
	buf_str(&all, "");
	buf_fmt(&out->before, "export group=%s$$\n", named);
	for (int i = 0; i < n; i++) {
		buf_fmt(trees[i].v2 ? &all : &v1, " %s", trees[i].mount);
		buf_fmt(&out->before, "[ -d \"%s/${group%%/*}\" ] || parents=\"%s ${parents-}\"\n",
			trees[i].mount, trees[i].mount);
		buf_fmt(&out->before, "mkdir -p \"%s/$group\"\n", trees[i].mount);
		if (trees[i].v2)
			let_through(&trees[i], parent, out);
	}
	if (hierarchy_of("cpuset") && !hierarchy_of("cpuset")->v2)
		inherit_cpuset(hierarchy_of("cpuset"), parent, out);
	cgroup_limits_describe(&r->plan->limits, note_limit,
			       &(struct noting){&r->plan->limits, out}, &ignored);
	/* 0 is who writes it. */
	if (v1.len)
		buf_fmt(out->typed ? &out->before : &out->join,
			"for tree in%s; do echo 0 >\"$tree/$group/tasks\"; done\n", v1.data);
	if (all.len)
		buf_fmt(out->typed ? &out->before : &out->join,
			"for tree in%s; do echo 0 >\"$tree/$group/cgroup.procs\"; done\n",
			all.data);
	buf_fmt(&out->after,
		"[ -z \"$group\" ] || for tree in%s%s; do try=0; until [ ! -d \"$tree/$group\" ] || rmdir \"$tree/$group\" 2>/dev/null || [ $((try += 1)) -gt 200 ]; do "
		"kill -KILL $(cat \"$tree/$group/cgroup.procs\") 2>/dev/null; sleep 0.01; done; done\n",
		v1.data, all.data);
	buf_str(&out->after,
		"for tree in $parents; do rmdir \"$tree/${group%/*}\" 2>/dev/null || :; done\n");
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
			"echo deny >/proc/$holder/setgroups; echo '%u %u 1' >/proc/$holder/gid_map\n",
			r->map.line->inside, r->map.group);
	else
		buf_fmt(to, "printf '%s' >/proc/$holder/gid_map\n", map.data);
}

void recipe_user(const struct run *r, struct recipe *out)
{
	unsigned id = idmap_outside(&r->map, 0) != (uint32_t)-1 ? 0 : r->map.line->inside;

	if (!out->typed) {
		buf_str(&out->flags, " --user");
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
		"while [ \"$(readlink /proc/$holder/ns/user)\" = \"$(readlink /proc/self/ns/user)\" ]; do :; done\n");
	write_maps(r, &out->inside);
	buf_fmt(&out->inside, "nsenter --target $holder --user --setuid %u --setgid %u\n", id, id);
}

void recipe_user_unmapped(const struct run *r, struct recipe *out)
{
	/* Kept for the stage that gives them up; a program of no user has none. */
	const char *command = plan_has_stage(r->plan, STAGE_CAPS) ? "unshare --user --keep-caps"
								  : "unshare --user";

	if (out->typed)
		buf_fmt(&out->inside, "%s%s\n", become(r), command);
	else
		then(&out->words, command);
}

void recipe_uts(const struct run *r, struct recipe *out)
{
	namespace(out, &out->flags, "", CLONE_NEWUTS, "");
	if (r->hostname)
		buf_fmt(&out->inside, "hostname %s\n", r->hostname);
}

void recipe_ipc(const struct run *r, struct recipe *out)
{
	(void)r;
	namespace(out, &out->flags, "", CLONE_NEWIPC, "");
}

void recipe_pid(const struct run *r, struct recipe *out)
{
	namespace(out, &out->late, "", CLONE_NEWPID,
		  plan_has_stage(r->plan, STAGE_TIME) ? " --time --fork" : " --fork");
}

void recipe_cgns(const struct run *r, struct recipe *out)
{
	namespace(out, &out->late, become(r), CLONE_NEWCGROUP, "");
}

void recipe_time(const struct run *r, struct recipe *out)
{
	/* Both begin with a child: it is one of the stage pid then. */
	if (!out->typed || !plan_has_stage(r->plan, STAGE_PID))
	namespace(out, &out->late, "", CLONE_NEWTIME, " --fork");
}

void recipe_mnt(const struct run *r, struct recipe *out)
{
	namespace(out, &out->flags, become(r), CLONE_NEWNS, "");
}

/* ---- the program ---- */

void recipe_bounding_set(uint64_t caps, struct buf *to)
{
	buf_str(to, "setpriv --bounding-set=-all");
	for (int cap = 0; cap < 64; cap++) {
		if (!(caps & CAPS_BIT(cap)))
			continue;
		if (!caps_name(cap)) {
			buf_fmt(to, ",+cap_%d", cap);
			continue;
		}
		buf_str(to, ",+");
		for (const char *c = caps_name(cap); *c; c++)
			buf_fmt(to, "%c", tolower((unsigned char)*c));
	}
	buf_str(to, " --inh-caps=-all --ambient-caps=-all");
}

void recipe_caps(const struct run *r, struct recipe *out)
{
	if (!out->typed)
		then(&out->words, "");
	else
		buf_str(&out->inside, become(r));
	recipe_bounding_set(r->plan->caps, out->typed ? &out->inside : &out->words);
	if (out->typed)
		buf_str(&out->inside, " \"${SHELL:-sh}\"\n");
}

void recipe_seccomp(const struct run *r, struct recipe *out)
{
	(void)r;
	buf_str(&out->inside,
		": # approx: no standard tool loads a filter of system calls; bwrap --seccomp takes a compiled one\n");
}

void recipe_become_user(const struct user *u, struct buf *to)
{
	buf_fmt(to, " --reuid=%u --regid=%u", u->uid, u->gid);
	if (!u->groups_n)
		buf_str(to, " --clear-groups");
	for (int i = 0; i < u->groups_n; i++)
		buf_fmt(to, "%s%u", i ? "," : " --groups=", u->groups[i]);
}

/* Of a bare run, whose environment is the caller's: what it has besides. */
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
	/* Of one setpriv(1) in a script, since the first may take away what a second needs. */
	if (!p->as_is) {
		if (out->typed || !plan_has_stage(r->plan, STAGE_CAPS))
			then(to, "setpriv");
		recipe_become_user(&p->who, to);
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
