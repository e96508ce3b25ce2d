#include "run/kernelrecipe.h"

#include <string.h>

#include "base/own.h"
#include "kernel/mount.h"

/*
 * Where a kernel file system is mounted first. On the host's own root this is /mnt: the old mount
 * is the source of bind mounts, and in a user namespace the kernel permits a new procfs or sysfs
 * only while one is fully visible (mount_namespaces(7)).
 */
static char *place_of(const char *root, const char *top, const char *target)
{
	return *root ? str_fmt("\"%s%s\"", root, target) : str_fmt("/mnt%s", target + strlen(top));
}

/*
 * Replaces the old mount. A locked mount (mount_namespaces(7)) cannot be unmounted; the new one
 * covers it.
 */
static void put_in_place(const char *root, const char *target, struct buf *to)
{
	if (!*root)
		buf_fmt(to, "umount -l %s 2>/dev/null || :\nmount --move /mnt %s\n", target,
			target);
}

/*
 * Binds the host's mount, because only the owner of another namespace may mount a new file system
 * of this type.
 */
static void borrow(const struct fsentry *entry, const char *at, const char *options, struct buf *to)
{
	buf_fmt(to, "mount --%s %s %s\n", entry->recursive ? "rbind" : "bind", entry->target, at);
	if (entry->recursive)
		buf_fmt(to,
			"findmnt -rno TARGET --submounts %s | while read -r at; do\n"
			"	mount -o remount,bind%s \"$at\"\ndone\n",
			at, options);
	else
		buf_fmt(to, "mount -o remount,bind%s %s\n", options, at);
}

/* Whether the first process owns the namespace that a new file system would show. */
static bool is_owner(const struct run *r, const struct fsentry *entry)
{
	if (!entry->lent || !r->map.n)
		return true;
	return plan_has_stage(r->plan,
			      str_equal(entry->type, "cgroup2")        ? STAGE_CGNS
				      : str_equal(entry->type, "proc") ? STAGE_PID
								       : STAGE_NET);
}

void kernelrecipe_new(const struct fsentry *entry, const char *fs_options, const char *at,
		      struct buf *to)
{
	own_buf struct buf options = {0};

	mount_options(entry->attrs, &options);
	if (fs_options)
		buf_fmt(&options, ",%s", fs_options);
	buf_fmt(to, "mount -t %s -o %s %s %s\n", entry->type, options.data + 1, entry->type, at);
}

/*
 * Mounts a file system in /proc or /sys (top). Returns whether the host's was bound with all mounts
 * below it.
 */
static bool mount_below(const struct run *r, const char *root, const char *top,
			const struct fsentry *entry, struct buf *to)
{
	own_str char *at = place_of(root, top, entry->target);
	bool anew = entry->kind == FSENTRY_NEW && is_owner(r, entry);
	own_buf struct buf options = {0};

	mount_options(entry->attrs, &options);
	if (anew)
		kernelrecipe_new(entry, entry->options, at, to);
	else
		borrow(entry, at, options.data, to);
	return !anew && entry->recursive;
}

/*
 * Adds the paths of consecutive entries of one kind, from entry i on, as words of a loop. Returns
 * their number.
 */
static size_t put_paths(const struct filetree *t, size_t i, struct buf *to)
{
	size_t first = i;

	for (; i < t->n && t->v[i].kind == t->v[first].kind && t->v[i].phase == FSENTRY_KERNEL; i++)
		buf_fmt(to, " %s", t->v[i].target);
	return i - first;
}

/*
 * Every device node of the host, in subdirectories too, except those that the container has itself.
 */
static const char all_nodes[] =
	"find /dev \\( -path /dev/pts -o -path /dev/shm -o -path /dev/mqueue \\) -prune -o \\\n"
	"\t\\( -type b -o -type c \\) ! -name ptmx ! -name console -print |\n"
	"while read -r node; do\n"
	"\tmkdir -p \"$(dirname \"$dev${node#/dev}\")\"\n";

static size_t lend_nodes(const struct filetree *t, size_t i, struct buf *to)
{
	size_t n = 1;

	if (t->v[i].kind == FSENTRY_ALL_NODES) {
		buf_str(to, all_nodes);
	} else {
		buf_str(to, "for node in");
		n = put_paths(t, i, to);
		buf_str(to, "; do\n");
	}
	buf_str(to,
		"\t: >\"$dev${node#/dev}\"\n\tmount --bind \"$node\" \"$dev${node#/dev}\"\n"
		"\tmount -o remount,bind,ro,nosuid,noexec \"$dev${node#/dev}\"\ndone\n");
	return n;
}

/* No tool copies a mount of another mount namespace. */
static void bind_in_dev(const struct fsentry *entry, const char *place, struct buf *to)
{
	own_buf struct buf options = {0};

	if (entry->from == FSENTRY_OTHER) {
		buf_fmt(to, "# approx: the run has the other container's %s\nmkdir %s\n",
			entry->target, place);
		kernelrecipe_new(entry, "mode=1777", place, to);
		return;
	}
	mount_options(entry->attrs, &options);
	if (entry->optional)
		buf_fmt(to, "[ ! -d %s ] || {\n", entry->source);
	buf_fmt(to, "mkdir %s\nmount --bind %s %s\nmount -o remount,bind%s %s\n", place,
		entry->source, place, options.data, place);
	buf_str(to, entry->optional ? "}\n" : "");
}

/* Mounts entry i, which is /dev, and the entries in it. Returns their number. */
static size_t mount_dev(const struct run *r, const char *root, size_t i, struct buf *to)
{
	bool tty = !r->map.n || idmap_outside(&r->map, 5) != (uint32_t)-1;
	const struct filetree *t = &r->tree;
	own_str char *at = place_of(root, "/dev", "/dev");
	size_t first = i;

	buf_fmt(to, "dev=%s\n", at);
	kernelrecipe_new(&t->v[i++], t->v[first].options, "\"$dev\"", to);
	while (i < t->n && t->v[i].phase == FSENTRY_KERNEL &&
	       fsentry_contains("/dev", t->v[i].target)) {
		const struct fsentry *entry = &t->v[i];
		own_str char *place = str_fmt("\"$dev%s\"", entry->target + strlen("/dev"));

		if (entry->kind == FSENTRY_NODE || entry->kind == FSENTRY_ALL_NODES) {
			i += lend_nodes(t, i, to);
			continue;
		}
		if (entry->kind == FSENTRY_LINK) {
			buf_fmt(to, "ln -s %s %s\n", entry->source, place);
		} else if (entry->kind == FSENTRY_BIND) {
			bind_in_dev(entry, place, to);
		} else {
			buf_fmt(to, "mkdir %s\n", place);
			kernelrecipe_new(entry,
					 entry->fallback && !tty ? entry->fallback : entry->options,
					 place, to);
			if (entry->optional)
				to->len--, buf_str(to, " || :\n");
		}
		i++;
	}
	put_in_place(root, "/dev", to);
	return i - first;
}

/* Masks the paths of entries from entry i on, or makes them read-only. Returns their number. */
static size_t restrict_paths(const struct filetree *t, const char *root, size_t i, struct buf *to)
{
	bool hide = t->v[i].kind == FSENTRY_MASK;
	size_t n;

	buf_str(to, "for path in");
	n = put_paths(t, i, to);
	buf_fmt(to, "; do\n\tat=%s$path\n", root);
	if (hide)
		buf_str(to,
			"\tif [ -d \"$at\" ]; then\n"
			"\t\tmount -t tmpfs -o ro,nosuid,nodev,noexec,size=4k,nr_inodes=1,mode=755 tmpfs \"$at\"\n"
			"\telif [ -e \"$at\" ]; then\n\t\tmount --bind /dev/null \"$at\"\n"
			"\t\tmount -o remount,bind,ro,nosuid,noexec \"$at\"\n\tfi\ndone\n");
	else
		buf_str(to,
			"\t[ -e \"$at\" ] || continue\n\tmount --bind \"$at\" \"$at\"\n"
			"\tmount -o remount,bind,ro,nosuid,nodev,noexec \"$at\"\ndone\n");
	return n;
}

/* Adds a comment to a script. */
static void comment(struct recipe *out, const char *text)
{
	if (!out->typed)
		buf_fmt(&out->inside, "# %s\n", text);
}

void kernelrecipe_mount(const struct run *r, const char *root, struct recipe *out)
{
	struct buf *to = &out->inside;
	const struct filetree *t = &r->tree;
	const char *bound = NULL, *top = NULL;

	for (size_t i = 0; i < t->n && t->v[i].phase <= FSENTRY_KERNEL;) {
		const struct fsentry *entry = &t->v[i];

		/* The mount on /mnt is moved to its place when all mounts below it are made. */
		if (top && !fsentry_contains(top, entry->target)) {
			put_in_place(root, top, to);
			top = NULL;
		}
		if (entry->phase != FSENTRY_KERNEL) {
			i++;
		} else if (entry->kind == FSENTRY_MASK || entry->kind == FSENTRY_READ_ONLY) {
			comment(out,
				entry->kind == FSENTRY_MASK
					? "These paths reveal the host and are covered."
					: "These paths can change the host and become read-only.");
			i += restrict_paths(t, root, i, to);
		} else if (str_equal(entry->target, "/dev")) {
			comment(out, "/dev: the device nodes are bind mounts of the host's.");
			i += mount_dev(r, root, i, to);
		} else {
			if (!top)
				top = entry->target;
			if (!bound || !fsentry_contains(bound, entry->target))
				bound = mount_below(r, root, top, entry, to) ? entry->target
									     : bound;
			i++;
		}
		recipe_mark(out, i - 1);
	}
	if (top)
		put_in_place(root, top, to);
}
