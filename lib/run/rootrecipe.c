#include "run/rootrecipe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "base/shell.h"
#include "container/etc.h"
#include "kernel/mount.h"
#include "run/kernelrecipe.h"
#include "store/volstore.h"

/*
 * The path inside the root with all links resolved, quoted: the shell would follow links out of the
 * root.
 */
static char *inside(const struct run *r, const char *target)
{
	own_str char *path = path_resolved(r->rootfs, target);

	return shell_quoted(path);
}

/* "in_mounts " in a script, which runs the command from outside the mount namespace. */
static const char *there(const struct recipe *out)
{
	return out->typed ? "" : "in_mounts ";
}

/* ---- lines of a script, and typed lines ---- */

const char rootrecipe_functions[] =
	"# in_mounts COMMAND...: runs a command of the host in the container's mount namespace.\n"
	"in_mounts() { nsenter --target \"$holder\" --mount -- \"$@\"; }\n"
	"# make_file FILE: makes an empty file as a mount point, unless FILE exists.\n"
	"make_file() { [ -e \"$1\" ] || { mkdir -p \"${1%/*}\" && touch \"$1\"; }; }\n"
	"# bind SOURCE TARGET OPTIONS: mounts a file or directory of the host.\n"
	"bind() {\n"
	"	in_mounts mount --bind \"$1\" \"$2\"\n"
	"	in_mounts mount -o \"remount,bind,$3\" \"$2\"\n"
	"}\n"
	"# bind_all SOURCE TARGET OPTIONS: the same with what is mounted below the source.\n"
	"bind_all() {\n"
	"	in_mounts mount --rbind \"$1\" \"$2\"\n"
	"	in_mounts mount -o \"remount,bind,$3\" \"$2\"\n"
	"	in_mounts findmnt -lno TARGET --submounts \"$2\" | sed 1d | while IFS= read -r at; do\n"
	"		in_mounts mount -o \"remount,bind,$3\" \"$at\"\n"
	"	done\n"
	"}\n";

/* Makes an empty file. top: the variable that precedes the quoted path. */
static void put_file(bool typed, const char *top, const char *path, struct buf *to)
{
	own_str char *at = shell_quoted(path),
		     *dir = str_dup_n(path, (size_t)(strrchr(path, '/') - path)),
		     *above = shell_quoted(dir);

	if (!typed)
		buf_fmt(to, "make_file \"$%s\"%s\n", top, at);
	else
		buf_fmt(to, "[ -e \"$%s\"%s ] || { mkdir -p \"$%s\"%s && touch \"$%s\"%s; }\n", top,
			at, top, above, top, at);
}

static void put_bind(bool typed, const struct fsentry *entry, const char *source, const char *at,
		     struct buf *to)
{
	own_buf struct buf options = {0};

	mount_options(entry->attrs, &options);
	if (!typed) {
		buf_fmt(to, "%s %s \"$root\"%s %s\n", entry->recursive ? "bind_all" : "bind",
			source, at, options.len ? options.data + 1 : "rw");
		return;
	}
	buf_fmt(to, "mount --%s %s \"$root\"%s\n", entry->recursive ? "rbind" : "bind", source, at);
	buf_fmt(to, "mount -o remount,bind%s \"$root\"%s\n", options.len ? options.data : "", at);
	if (entry->recursive)
		buf_fmt(to,
			"findmnt -lno TARGET --submounts \"$root\"%s | sed 1d | while IFS= read -r at; do\n"
			"	mount -o remount,bind%s \"$at\"\ndone\n",
			at, options.len ? options.data : "");
}

/* ---- bind mounts in the root ---- */

/* Writes printf(1) with one argument for each line of the text. */
static void put_lines(const char *text, const char *name, struct buf *to)
{
	own_strv struct strv lines = {0};
	own_buf struct buf format = {0};
	size_t n = strlen(text);

	if (!n || text[n - 1] != '\n') {
		shell_format(&format, text);
		buf_fmt(to, "printf %s >\"$work/%s\"\n", format.data, name);
		return;
	}
	strv_split(&lines, text, '\n');
	buf_fmt(to, "printf '%%s\\n' >\"$work/%s\"", name);
	for (size_t i = 0; i + 1 < lines.n; i++) {
		buf_str(to, lines.n > 2 ? " \\\n	" : " ");
		shell_word(to, lines.v[i]);
	}
	buf_str(to, "\n");
}

/* Adds the lines that make a file of /etc in $work. */
static void make_etc(const struct run *r, const char *name, struct buf *to)
{
	struct in_addr address = r->supervisor.net.member.at.address;
	struct network on = {.subnet = r->supervisor.net.member.address};
	struct in_addr host = network_gateway(&on);
	char own[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN];
	struct etc_addresses at = {0};
	own_buf struct buf text = {0};

	buf_str(&text, "");
	if (address.s_addr) {
		at.own = inet_ntop(AF_INET, &address, own, sizeof(own));
		at.gateway = inet_ntop(AF_INET, &host, gateway, sizeof(gateway));
	}
	etc_text(name, r->plan, r->hostname, &at, &text);
	put_lines(text.data, name, to);
}

/*
 * Adds the lines that make the source of a bind mount. Returns the source, quoted; the caller frees
 * it.
 */
static char *bind_source(const struct run *r, const struct fsentry *entry, const char *at,
			 struct buf *to)
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
		return shell_quoted(entry->source);
	case FSENTRY_VOLUME:
	case FSENTRY_OTHER:
		break;
	}
	path = volstore_path(r->store, entry->source, &ignored);
	if (path)
		return shell_quoted(path);
	buf_fmt(to,
		"# approx: the run makes the volume %s, which stays\nmkdir \"$work/volume-%s\"\n",
		entry->source, entry->source);
	buf_fmt(to, "[ ! -d \"$base\"%s ] || cp -a \"$base\"%s/. \"$work/volume-%s\"\n", at, at,
		entry->source);
	return str_fmt("\"$work/volume-%s\"", entry->source);
}

static bool is_file(const struct fsentry *entry)
{
	struct stat st;

	return entry->from == FSENTRY_STATE ||
		(entry->from == FSENTRY_HOST && stat(entry->source, &st) == 0 &&
		 !S_ISDIR(st.st_mode));
}

static void bind_one(const struct run *r, struct recipe *out, const struct fsentry *entry)
{
	own_str char *path = path_resolved(r->rootfs, entry->target), *at = shell_quoted(path);
	struct buf *to = out->typed ? &out->inside : &out->held;
	own_str char *source = bind_source(r, entry, at, to);

	if (is_file(entry))
		put_file(out->typed, "base", path, to);
	else
		buf_fmt(to, "mkdir -p \"$base\"%s\n", at);
	if (entry->propagation)
		buf_str(to,
			"# approx: the run's mount takes part in the propagation of the host's mounts\n");
	put_bind(out->typed, entry, source, at, to);
}

static void bind_all(const struct run *r, struct recipe *out)
{
	bool first = true;

	for (size_t i = 0; i < r->tree.n; i++) {
		if (r->tree.v[i].phase != FSENTRY_USER || r->tree.v[i].kind != FSENTRY_BIND)
			continue;
		if (!out->typed && first)
			buf_str(&out->held,
				"# Files of /etc, and volumes: bind mounts in the new root.\n");
		first = false;
		bind_one(r, out, &r->tree.v[i]);
		recipe_mark(out, i);
	}
}

/*
 * Whether the stage root makes the bind mounts. In a run the first process makes them after the
 * kernel file systems; a script need not wait for these.
 */
static bool binds_at_root(const struct run *r, const struct recipe *out)
{
	return !out->typed || !plan_has_stage(r->plan, STAGE_PROC);
}

/* ---- root ---- */

/*
 * Changes the owners of the snapshot's files to those of the ID map. A run leaves the files on disk
 * unchanged.
 */
static void shift_owners(const struct run *r, struct recipe *out)
{
	static const struct {
		const char *letter, *test, *tool;
	} ids[] = {{"U", "uid", "chown"}, {"G", "gid", "chgrp"}};
	uint32_t first = r->map.line->outside;

	buf_str(&out->held,
		"# approx: in place of an idmapped mount, the snapshot's files change their owners\n");
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		buf_fmt(&out->held,
			"find \"$home\"/* -printf '%%%s\\n' | sort -nru | while read -r id; do\n"
			"	find \"$home\"/* -%s \"$id\" -exec %s -h $((id + %u)) {} +\ndone\n",
			ids[i].letter, ids[i].test, ids[i].tool, first - r->map.line->inside);
}

/*
 * A later bare run with the stage proc needs the old mounts: the kernel permits new ones only while
 * they are visible.
 */
static void take_along(const struct recipe *out, struct buf *to)
{
	buf_fmt(to,
		"for at in proc sys dev; do\n"
		"	[ -h \"$base/$at\" ] || [ ! -d \"$base/$at\" ] ||\n"
		"		%smount --rbind \"/$at\" \"$root/$at\"\n"
		"done\n",
		there(out));
}

static void turn(const struct run *r, struct recipe *out)
{
	struct buf *to = out->typed ? &out->inside : &out->turn;

	if (r->plan->read_only)
		buf_fmt(to, "%smount -o remount,bind,ro%s \"$root\"\n", there(out),
			r->plan->privileged ? "" : ",nodev");
	if (out->typed) {
		buf_str(to, "cd \"$root\" && pivot_root . . && umount -l .\n");
		return;
	}
	/*
	 * A process that enters the namespace later starts at its top mount: the host's tree, which
	 * lies on the new root.
	 */
	buf_str(to,
		"# The host's tree now lies on the new root, and is unmounted.\nin_mounts sh -c 'cd \"$root\" && pivot_root . .'\n");
	buf_str(to, "in_mounts umount -l /\n");
}

void rootrecipe_root(const struct run *r, struct recipe *out)
{
	struct buf *to = out->typed ? &out->inside : &out->held;
	bool mapped = r->map.n && !r->mounts_in_child;

	if (r->plan->rootfs) {
		own_str char *base = shell_quoted(r->plan->rootfs);

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
	if (mapped && (out->typed || r->plan->rootfs))
		buf_str(to, "# approx: its owners are not mapped\n");
	buf_fmt(to, "%smount --%s \"$base\" \"$root\"\n", there(out),
		r->plan->rootfs ? "rbind" : "bind");
	if (!r->plan->privileged)
		buf_fmt(to, "%smount -o remount,bind,nodev \"$root\"\n", there(out));
	if (!r->store && !plan_has_stage(r->plan, STAGE_PROC))
		take_along(out, to);
	/* In a script the stage root does everything. */
	if (!binds_at_root(r, out))
		return;
	bind_all(r, out);
	turn(r, out);
}

/* ---- proc ---- */

static void mount_tmpfs(const struct run *r, const struct fsentry *entry, struct buf *to)
{
	own_str char *path = path_resolved(r->rootfs, entry->target), *at = shell_quoted(path),
		     *place = str_fmt("\"$root\"%s", at);
	own_str char *options = shell_quoted(entry->options);

	buf_fmt(to, "mkdir -p %s\n", place);
	kernelrecipe_new(entry, options, place, to);
}

/*
 * Makes a file system with one device node, owned by the container's root: the host's own node
 * would belong to nobody inside.
 */
static void lend_device(const struct run *r, const struct fsentry *entry, size_t n,
			struct recipe *out)
{
	struct buf *to = out->typed ? &out->inside : &out->held;
	own_str char *path = path_resolved(r->rootfs, entry->target), *at = shell_quoted(path);
	struct stat st;

	if (stat(entry->source, &st) < 0)
		return;
	buf_fmt(to,
		"mkdir \"$work/device%zu\"\n"
		"%smount -t tmpfs -o size=4k,mode=755 tmpfs \"$work/device%zu\"\n",
		n, there(out), n);
	if (out->typed && r->map.n) {
		own_str char *source = shell_quoted(entry->source);

		buf_fmt(to,
			"# approx: the node has no owner in the container\n: >\"$work/device%zu/node\"\n"
			"mount --bind %s \"$work/device%zu/node\"\n",
			n, source, n);
	} else {
		buf_fmt(to, "%smknod -m %o \"$work/device%zu/node\" %c %u %u\n", there(out),
			st.st_mode & 0666, n, S_ISBLK(st.st_mode) ? 'b' : 'c', major(st.st_rdev),
			minor(st.st_rdev));
		if (r->map.n)
			buf_fmt(to, "in_mounts chown %u:%u \"$work/device%zu/node\"\n",
				idmap_outside(&r->map, 0), idmap_outside(&r->map, 0), n);
	}
	put_file(out->typed, "root", path, &out->inside);
	buf_fmt(&out->inside, "mount --bind \"$work/device%zu/node\" \"$root\"%s\n", n, at);
}

static void make_mark(const struct run *r, const struct fsentry *entry, struct recipe *out)
{
	own_str char *path = path_resolved(r->rootfs, entry->target);

	put_file(out->typed, "root", path, &out->inside);
	out->inside.len--; /* best effort: replaces the newline */
	buf_str(&out->inside, " 2>/dev/null || :\n");
}

void rootrecipe_proc(const struct run *r, struct recipe *out)
{
	const char *root = plan_has_stage(r->plan, STAGE_ROOT) ? "$root" : "";
	size_t n = 0;

	kernelrecipe_mount(r, root, out);
	for (size_t i = 0; i < r->tree.n; i++) {
		const struct fsentry *entry = &r->tree.v[i];

		if (entry->phase != FSENTRY_USER)
			continue;
		if (entry->kind == FSENTRY_NEW)
			mount_tmpfs(r, entry, &out->inside);
		else if (entry->kind == FSENTRY_DEVICE)
			lend_device(r, entry, n++, out);
		else if (entry->kind == FSENTRY_MARK)
			make_mark(r, entry, out);
		else if (entry->kind == FSENTRY_BIND && *root && !binds_at_root(r, out))
			bind_one(r, out, entry);
		recipe_mark(out, i);
	}
	if (out->typed && *root)
		turn(r, out);
}
