#include "run/grouprecipe.h"

#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/shell.h"
#include "container/container.h"
#include "kernel/hierarchy.h"

/* ---- the cgroups ---- */

static const char remove_group[] =
	"remove_group() {\n"
	"	for tree in $trees; do\n"
	"		try=0\n"
	"		while [ -d \"$tree/$group\" ] && ! rmdir \"$tree/$group\" 2>/dev/null; do\n"
	"			xargs -r kill -KILL <\"$tree/$group/cgroup.procs\" 2>/dev/null\n"
	"			[ $((try += 1)) -le 200 ] || break\n"
	"			sleep 0.01\n"
	"		done\n"
	"	done\n"
	"	for tree in $parents; do\n"
	"		rmdir \"$tree/${group%/*}\" 2>/dev/null\n"
	"	done\n"
	"}\n"
	"undo=\"remove_group $undo\"\n"
	"for tree in $trees; do\n"
	"	[ -d \"$tree/${group%/*}\" ] || parents=\"$tree $parents\"\n"
	"	mkdir -p \"$tree/$group\"\n"
	"done\n";

static const char make_groups[] = "for tree in $trees; do mkdir -p \"$tree/$group\"; done\n";

/* The length of the path of the next cgroup below the one whose path has length n. */
static size_t one_down(const char *group, size_t n)
{
	n += n > 0;
	return n + strcspn(group + n, "/");
}

/*
 * Adds the directories of the cgroups above the container's, from the top. top: the root of the
 * hierarchy is included.
 */
static void put_above(const struct hierarchy *h, const char *parent, bool top, struct buf *to)
{
	for (size_t n = 0;; n = one_down(parent, n)) {
		own_str char *path = str_fmt("%s%s%.*s", h->mount, n ? "/" : "", (int)n, parent),
			     *word = shell_quoted(path);

		if (n || top)
			buf_fmt(to, " %s", word);
		if (!parent[n])
			return;
	}
}

/* On v1 a new cgroup has no CPUs and no memory nodes until it gets those of its parent. */
static void inherit_cpuset(const struct hierarchy *h, const char *parent, struct buf *to)
{
	buf_str(to, "for dir in");
	put_above(h, parent, false, to);
	buf_fmt(to,
		" %s/$group; do\n"
		"	for file in cpuset.cpus cpuset.mems; do\n"
		"		[ -n \"$(cat \"$dir/$file\")\" ] || cat \"$dir/../$file\" >\"$dir/$file\"\n"
		"	done\n"
		"done\n",
		h->mount);
}

/* On v2 a child cgroup has only the controllers that its parent's cgroup.subtree_control lists. */
static void let_through(const struct hierarchy *h, const char *parent, struct buf *to)
{
	buf_str(to, "for dir in");
	put_above(h, parent, true, to);
	buf_str(to, "; do\n	for controller in");
	for (size_t i = 0; i < h->n; i++)
		buf_fmt(to, " %s", h->controllers[i]);
	buf_str(to,
		"; do\n"
		"		echo \"+$controller\" >\"$dir/cgroup.subtree_control\" || :\n"
		"	done\n"
		"done\n");
}

/* Sets $trees to the mount points of the hierarchies, several on a line. */
static void put_trees(const struct hierarchy *trees, int n, struct buf *to)
{
	enum { ENOUGH = 60 };
	size_t column = 0;

	buf_str(to, "trees='");
	for (int i = 0; i < n; i++) {
		buf_fmt(to, "%s%s", !i ? "" : column > ENOUGH ? "\n	" : " ", trees[i].mount);
		column = (column > ENOUGH ? 0 : column) + 1 + strlen(trees[i].mount);
	}
	buf_str(to, "'\n");
}

/* ---- the limits ---- */

struct noting {
	const struct limits *limits;
	struct buf *to;
};

static void note_limit(void *arg, const char *controller, const char *file, const char *value)
{
	const struct hierarchy *h = hierarchy_of(controller);
	const struct noting *n = arg;
	bool asked = str_equal(controller, "pids") ? !n->limits->pids_default
						   : !strstr(file, "sw") || n->limits->memory_swap;

	if (!h)
		return;
	if (asked) {
		buf_fmt(n->to, "echo %s >\"%s/$group/%s\"\n", value, h->mount, file);
		return;
	}
	/* A limit without a request is best effort. */
	buf_fmt(n->to, "file=%s/$group/%s\n[ ! -e \"$file\" ] || echo %s >\"$file\"\n", h->mount,
		file, value);
}

/* "0" means the writing process itself. */
static void join(struct recipe *out)
{
	const char *tab = out->typed ? "" : "	";

	buf_fmt(out->typed ? &out->inside : &out->join,
		"%sfor tree in $trees; do echo 0 >\"$tree/$group/cgroup.procs\"; done\n", tab);
}

void grouprecipe_cgroup(const struct run *r, struct recipe *out)
{
	own_str char *group = container_group("by-hand-"), *named = shell_quoted(group);
	own_str char *parent = str_dup_n(group, (size_t)(strrchr(group, '/') - group));
	const struct hierarchy *trees;
	struct buf *to = &out->before;
	struct err ignored;
	int n = hierarchy_find(&trees, &ignored);

	if (!out->typed)
		buf_str(to, "# On cgroup v1 each controller has a tree of groups of its own.\n");
	buf_fmt(to, "group=%s$$\n", named);
	put_trees(trees, n, to);
	if (!out->typed)
		buf_str(to, "parents=''\n");
	buf_str(to, out->typed ? make_groups : remove_group);
	for (int i = 0; i < n; i++)
		if (trees[i].v2)
			let_through(&trees[i], parent, to);
	if (hierarchy_of("cpuset") && !hierarchy_of("cpuset")->v2)
		inherit_cpuset(hierarchy_of("cpuset"), parent, to);
	cgroup_limits_describe(&r->plan->limits, note_limit, &(struct noting){&r->plan->limits, to},
			       &ignored);
	join(out);
}
