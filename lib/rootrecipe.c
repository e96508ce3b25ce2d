#include "rootrecipe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "data.h"
#include "err.h"
#include "etc.h"
#include "own.h"
#include "path.h"
#include "rootfs.h"
#include "shell.h"

static char *word(const char *text)
{
	struct buf b = {0};

	shell_word(&b, text);
	return b.data;
}

/* Where the container has it, quoted, whatever links lead there: the shell would follow those out of its root. */
static char *inside(const struct run *r, const char *target)
{
	own_str char *path = path_resolved(r->rootfs, target);

	return word(path);
}

/* "in_mounts " where the namespace is not entered but reached from outside. */
static const char *there(const struct recipe *out)
{
	return out->typed ? "" : "in_mounts ";
}

/* ",ro,nosuid", as mount(8) takes them behind "remount,bind". */
static void put_attrs(uint64_t attrs, struct buf *to)
{
	static const struct { uint64_t attr; const char *option; } all[] = {
		{MOUNT_ATTR_RDONLY, "ro"}, {MOUNT_ATTR_NOSUID, "nosuid"}, {MOUNT_ATTR_NODEV, "nodev"},
		{MOUNT_ATTR_NOEXEC, "noexec"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (attrs & all[i].attr)
			buf_fmt(to, ",%s", all[i].option);
}

/* ---- what is bound into the root ---- */

/* The lines that make a file of /etc in $work. */
static void make_etc(const struct run *r, const char *name, struct buf *to)
{
	struct in_addr address = r->net.member.at.address;
	char shown[INET_ADDRSTRLEN];
	const char *own = address.s_addr ? inet_ntop(AF_INET, &address, shown, sizeof(shown)) : NULL;
	own_buf struct buf text = {0}, line = {0};

	etc_text(name, r->plan, r->hostname, own, &text);
	shell_format(&line, text.data);
	buf_fmt(to, "printf %s >\"$work/%s\"\n", line.data, name);
}

/* The source of a bind mount, quoted, after the lines that make it. The caller frees it. */
static char *bind_source(const struct run *r, const struct fsentry *entry, const char *at, struct buf *to)
{
	own_str char *path = NULL;
	struct err ignored;

	switch (entry->from) {
	case FSENTRY_STATE:
		make_etc(r, entry->source, to);
		return str_fmt("\"$work/%s\"", entry->source);
	case FSENTRY_HOME:
		return str_fmt("\"$home/%s\"", entry->source);
	case FSENTRY_HOST:
		return word(entry->source);
	case FSENTRY_VOLUME:
		break;
	}
	path = data_path(r->store, entry->source, &ignored);
	if (path)
		return word(path);
	buf_fmt(to, "mkdir \"$work/volume-%s\" # approx: the run makes the volume %s, which stays\n", entry->source,
		entry->source);
	buf_fmt(to, "[ ! -d \"$base\"%s ] || cp -a \"$base\"%s/. \"$work/volume-%s\"\n", at, at, entry->source);
	return str_fmt("\"$work/volume-%s\"", entry->source);
}

static bool is_file(const struct fsentry *entry)
{
	struct stat st;

	return entry->from == FSENTRY_STATE ||
	       (entry->from == FSENTRY_HOST && stat(entry->source, &st) == 0 && !S_ISDIR(st.st_mode));
}

static void bind_one(const struct run *r, struct recipe *out, const struct fsentry *entry)
{
	own_str char *path = path_resolved(r->rootfs, entry->target), *at = word(path);
	own_str char *dir = str_dup_n(path, (size_t)(strrchr(path, '/') - path)), *above = word(dir);
	struct buf *to = out->typed ? &out->inside : &out->held;
	own_str char *source = bind_source(r, entry, at, to);
	own_buf struct buf options = {0};

	put_attrs(entry->attrs, &options);
	if (is_file(entry))
		buf_fmt(to, "[ -e \"$base\"%s ] || { mkdir -p \"$base\"%s; : >\"$base\"%s; }\n", at, above, at);
	else
		buf_fmt(to, "mkdir -p \"$base\"%s\n", at);
	buf_fmt(to, "%smount --%s %s \"$root\"%s\n", there(out), entry->recursive ? "rbind" : "bind", source, at);
	buf_fmt(to, "%smount -o remount,bind%s \"$root\"%s\n", there(out), options.data, at);
	if (entry->recursive)
		buf_fmt(to, "%sfindmnt -lno TARGET --submounts \"$root\"%s | sed 1d | while IFS= read -r at; do "
			"%smount -o remount,bind%s \"$at\"; done\n", there(out), at, there(out), options.data);
}

static void bind_all(const struct run *r, struct recipe *out)
{
	for (size_t i = 0; i < r->tree.n; i++)
		if (r->tree.v[i].phase == FSENTRY_USER && r->tree.v[i].kind == FSENTRY_BIND)
			bind_one(r, out, &r->tree.v[i]);
}

/* ---- root ---- */

/* The owners of the snapshot become those of the map, which the run leaves as they are on disk. */
static void shift_owners(const struct run *r, struct recipe *out)
{
	static const struct { const char *letter, *test, *tool; } ids[] = {{"U", "uid", "chown"}, {"G", "gid", "chgrp"}};
	uint32_t first = r->map.line->outside;

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		buf_fmt(&out->held, "find \"$home\"/* -printf '%%%s\\n' | sort -nru | while read -r id; do find \"$home\"/* -%s "
			"\"$id\" -exec %s -h $((id + %u)) {} +; done # approx: in place of an idmapped mount\n", ids[i].letter,
			ids[i].test, ids[i].tool, first - r->map.line->inside);
}

/* The stage proc may yet follow, and needs them. */
static void take_along(const struct recipe *out, struct buf *to)
{
	buf_fmt(to, "for at in proc sys dev; do [ -h \"$base/$at\" ] || [ ! -d \"$base/$at\" ] || %smount --rbind \"/$at\" \"$root/$at\"; done\n",
		there(out));
}

static void turn(const struct run *r, struct recipe *out)
{
	struct buf *to = out->typed ? &out->inside : &out->turn;

	if (r->plan->read_only)
		buf_fmt(to, "%smount -o remount,bind,ro%s \"$root\"\n", there(out), r->plan->privileged ? "" : ",nodev");
	if (out->typed) {
		buf_str(to, "cd \"$root\" && pivot_root . . && umount -l .\n");
		return;
	}
	/* Who enters the namespace afterwards is at its top: where the host's tree lies on the new root. */
	buf_str(to, "in_mounts sh -c 'cd \"$root\" && pivot_root . .'\n");
	buf_str(to, "in_mounts umount -l /\n");
}

void recipe_root(const struct run *r, struct recipe *out)
{
	struct buf *to = out->typed ? &out->inside : &out->held;
	bool mapped = r->map.n && !r->mounts_in_child;

	if (r->plan->rootfs) {
		own_str char *base = word(r->plan->rootfs);

		buf_fmt(&out->before, "export base=%s\n", base);
	}
	if (out->typed)
		buf_str(to, "export root=/mnt work=$(mktemp -d)\n");
	if (plan_has_stage(r->plan, STAGE_PROC))
		buf_str(to, "mkdir -p \"$base/proc\" \"$base/sys\" \"$base/dev\"\n");
	if (r->plan->workdir) {
		own_str char *dir = inside(r, r->plan->workdir);

		buf_fmt(to, "mkdir -p \"$base\"%s\n", dir);
	}
	if (!out->typed && mapped && !r->plan->rootfs)
		shift_owners(r, out);
	buf_fmt(to, "%smount --%s \"$base\" \"$root\"%s\n", there(out), r->plan->rootfs ? "rbind" : "bind",
		mapped && (out->typed || r->plan->rootfs) ? " # approx: its owners are not mapped" : "");
	if (!r->plan->privileged)
		buf_fmt(to, "%smount -o remount,bind,nodev \"$root\"\n", there(out));
	if (!r->store && !plan_has_stage(r->plan, STAGE_PROC))
		take_along(out, to);
	bind_all(r, out);
	/* In a script all parts are one. */
	if (!out->typed || !plan_has_stage(r->plan, STAGE_PROC))
		turn(r, out);
}

/* ---- proc ---- */

/*
 * Where a file system of the kernel's goes: on the host's own root, at /mnt first, as the old one
 * lends what it has, and one must be seen for another to be had in a user namespace.
 */
static char *place_of(const char *root, const char *top, const char *target)
{
	return *root ? str_fmt("\"%s%s\"", root, target) : str_fmt("/mnt%s", target + strlen(top));
}

/* The old one goes; locked (mount_namespaces(7)) it is covered. */
static void put_in_place(const char *root, const char *target, struct buf *to)
{
	if (!*root)
		buf_fmt(to, "umount -l %s 2>/dev/null || :\nmount --move /mnt %s\n", target, target);
}

/* A bind mount of the host's, where only the owner of another namespace may mount a new one. */
static void borrow(const struct fsentry *entry, const char *at, const char *options, struct buf *to)
{
	buf_fmt(to, "mount --%s %s %s\n", entry->recursive ? "rbind" : "bind", entry->target, at);
	if (entry->recursive)
		buf_fmt(to, "findmnt -rno TARGET --submounts %s | while read -r at; do mount -o remount,bind%s \"$at\"; done\n",
			at, options);
	else
		buf_fmt(to, "mount -o remount,bind%s %s\n", options, at);
}

/* Whether the first process owns what a new file system would show. */
static bool is_owner(const struct run *r, const struct fsentry *entry)
{
	if (!entry->lent || !r->map.n)
		return true;
	return plan_has_stage(r->plan, str_equal(entry->type, "cgroup2") ? STAGE_CGNS : STAGE_NET);
}

static void put_new(const struct fsentry *entry, const char *fs_options, const char *at, struct buf *to)
{
	own_buf struct buf options = {0};

	put_attrs(entry->attrs, &options);
	if (fs_options)
		buf_fmt(&options, ",%s", fs_options);
	buf_fmt(to, "mount -t %s -o %s %s %s\n", entry->type, options.data + 1, entry->type, at);
}

/* A file system in /proc or /sys (top). Gives whether the host's was bound, with all below it. */
static bool mount_below(const struct run *r, const char *root, const char *top, const struct fsentry *entry, struct buf *to)
{
	own_str char *at = place_of(root, top, entry->target);
	bool anew = entry->kind == FSENTRY_NEW && is_owner(r, entry);
	own_buf struct buf options = {0};

	put_attrs(entry->attrs, &options);
	if (anew)
		put_new(entry, entry->options, at, to);
	else
		borrow(entry, at, options.data, to);
	return !anew && entry->recursive;
}

/* The paths of the entries of one kind, from entry i on, for a loop; gives how many. */
static size_t put_paths(const struct filetree *t, size_t i, size_t skip, struct buf *to)
{
	size_t first = i;

	for (; i < t->n && t->v[i].kind == t->v[first].kind && t->v[i].phase == FSENTRY_KERNEL; i++)
		buf_fmt(to, "%s%s", i == first ? " " : i % 4 ? " " : " \\\n\t", t->v[i].target + skip);
	return i - first;
}

/* Every node of the host's, in directories too, but for what the container has itself. */
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
		n = put_paths(t, i, 0, to);
		buf_str(to, "; do\n");
	}
	buf_str(to, "\t: >\"$dev${node#/dev}\"\n\tmount --bind \"$node\" \"$dev${node#/dev}\"\n"
		"\tmount -o remount,bind,ro,nosuid,noexec \"$dev${node#/dev}\"\ndone\n");
	return n;
}

/* Entry i, which is /dev, and those in it; gives how many. */
static size_t mount_dev(const struct run *r, const char *root, size_t i, struct buf *to)
{
	bool tty = !r->map.n || idmap_outside(&r->map, 5) != (uint32_t)-1;
	const struct filetree *t = &r->tree;
	own_str char *at = place_of(root, "/dev", "/dev");
	size_t first = i;

	buf_fmt(to, "dev=%s\n", at);
	put_new(&t->v[i++], t->v[first].options, "\"$dev\"", to);
	while (i < t->n && t->v[i].phase == FSENTRY_KERNEL && fsentry_contains("/dev", t->v[i].target)) {
		const struct fsentry *entry = &t->v[i];
		own_str char *place = str_fmt("\"$dev%s\"", entry->target + strlen("/dev"));

		if (entry->kind == FSENTRY_NODE || entry->kind == FSENTRY_ALL_NODES) {
			i += lend_nodes(t, i, to);
			continue;
		}
		if (entry->kind == FSENTRY_LINK) {
			buf_fmt(to, "ln -s %s %s\n", entry->source, place);
		} else {
			buf_fmt(to, "mkdir %s\n", place);
			put_new(entry, entry->fallback && !tty ? entry->fallback : entry->options, place, to);
			if (entry->optional)
				to->len--, buf_str(to, " || :\n");
		}
		i++;
	}
	put_in_place(root, "/dev", to);
	return i - first;
}

/* The entries that hide what is there, or make it read-only, from entry i on; gives how many. */
static size_t restrict_paths(const struct filetree *t, const char *root, size_t i, struct buf *to)
{
	bool hide = t->v[i].kind == FSENTRY_MASK;
	size_t n;

	buf_str(to, "for path in");
	n = put_paths(t, i, 0, to);
	buf_fmt(to, "; do\n\tat=%s$path\n", root);
	if (hide)
		buf_str(to, "\tif [ -d \"$at\" ]; then\n"
			"\t\tmount -t tmpfs -o ro,nosuid,nodev,noexec,size=4k,nr_inodes=1,mode=755 tmpfs \"$at\"\n"
			"\telif [ -e \"$at\" ]; then\n\t\tmount --bind /dev/null \"$at\"\n"
			"\t\tmount -o remount,bind,ro,nosuid,noexec \"$at\"\n\tfi\ndone\n");
	else
		buf_str(to, "\t[ -e \"$at\" ] || continue\n\tmount --bind \"$at\" \"$at\"\n"
			"\tmount -o remount,bind,ro,nosuid,nodev,noexec \"$at\"\ndone\n");
	return n;
}

static void mount_tmpfs(const struct run *r, const struct fsentry *entry, struct buf *to)
{
	own_str char *path = path_resolved(r->rootfs, entry->target), *at = word(path), *place = str_fmt("\"$root\"%s", at);
	own_str char *options = word(entry->options);

	buf_fmt(to, "mkdir -p %s\n", place);
	put_new(entry, options, place, to);
}

/* A file system with one node, owned by the container's root: the host's own would be nobody's inside. */
static void lend_device(const struct run *r, const struct fsentry *entry, size_t n, struct recipe *out)
{
	struct buf *to = out->typed ? &out->inside : &out->held;
	own_str char *at = inside(r, entry->target);
	struct stat st;

	if (stat(entry->source, &st) < 0)
		return;
	buf_fmt(to, "mkdir \"$work/device%zu\"; %smount -t tmpfs -o size=4k,mode=755 tmpfs \"$work/device%zu\"\n", n,
		there(out), n);
	if (out->typed && r->map.n) {
		own_str char *source = word(entry->source);

		buf_fmt(to, ": >\"$work/device%zu/node\"; mount --bind %s \"$work/device%zu/node\" # approx: nobody's\n",
			n, source, n);
	} else {
		buf_fmt(to, "%smknod -m %o \"$work/device%zu/node\" %c %u %u\n", there(out), st.st_mode & 0666, n,
			S_ISBLK(st.st_mode) ? 'b' : 'c', major(st.st_rdev), minor(st.st_rdev));
		if (r->map.n)
			buf_fmt(to, "in_mounts chown %u:%u \"$work/device%zu/node\"\n", idmap_outside(&r->map, 0),
				idmap_outside(&r->map, 0), n);
	}
	buf_fmt(&out->inside, "mkdir -p \"$(dirname \"$root\"%s)\"; [ -e \"$root\"%s ] || : >\"$root\"%s\n", at, at, at);
	buf_fmt(&out->inside, "mount --bind \"$work/device%zu/node\" \"$root\"%s\n", n, at);
}

/* The kernel's file systems, in the order of the list. */
static void mount_kernel(const struct run *r, const char *root, struct buf *to)
{
	const struct filetree *t = &r->tree;
	const char *bound = NULL, *top = NULL;

	for (size_t i = 0; i < t->n && t->v[i].phase <= FSENTRY_KERNEL;) {
		const struct fsentry *entry = &t->v[i];

		/* What was mounted on /mnt goes to its place once all below it is there. */
		if (top && !fsentry_contains(top, entry->target)) {
			put_in_place(root, top, to);
			top = NULL;
		}
		if (entry->phase != FSENTRY_KERNEL) {
			i++;
		} else if (entry->kind == FSENTRY_MASK || entry->kind == FSENTRY_READ_ONLY) {
			i += restrict_paths(t, root, i, to);
		} else if (str_equal(entry->target, "/dev")) {
			i += mount_dev(r, root, i, to);
		} else {
			if (!top)
				top = entry->target;
			if (!bound || !fsentry_contains(bound, entry->target))
				bound = mount_below(r, root, top, entry, to) ? entry->target : bound;
			i++;
		}
	}
	if (top)
		put_in_place(root, top, to);
}

void recipe_proc(const struct run *r, struct recipe *out)
{
	const char *root = plan_has_stage(r->plan, STAGE_ROOT) ? "$root" : "";
	size_t n = 0;

	mount_kernel(r, root, &out->inside);
	for (size_t i = 0; i < r->tree.n; i++) {
		const struct fsentry *entry = &r->tree.v[i];

		if (entry->phase != FSENTRY_USER)
			continue;
		if (entry->kind == FSENTRY_NEW)
			mount_tmpfs(r, entry, &out->inside);
		else if (entry->kind == FSENTRY_DEVICE)
			lend_device(r, entry, n++, out);
	}
	if (out->typed && *root)
		turn(r, out);
}
