#include "run/rootrecipe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "base/shell.h"
#include "container/etc.h"
#include "run/kernelrecipe.h"
#include "store/volstore.h"

static char *word(const char *text)
{
	struct buf b = {0};

	shell_word(&b, text);
	return b.data;
}

/* Where the container has it, quoted, whatever links lead there: the shell would follow those out
 * of its root. */
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

/* ---- what is bound into the root ---- */

/* The lines that make a file of /etc in $work. */
static void make_etc(const struct run *r, const char *name, struct buf *to)
{
	struct in_addr address = r->supervisor.net.member.at.address;
	struct network on = {.subnet = r->supervisor.net.member.address};
	struct in_addr host = network_gateway(&on);
	char own[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN];
	struct etc_addresses at = {0};
	own_buf struct buf text = {0}, line = {0};

	if (address.s_addr) {
		at.own = inet_ntop(AF_INET, &address, own, sizeof(own));
		at.gateway = inet_ntop(AF_INET, &host, gateway, sizeof(gateway));
	}
	etc_text(name, r->plan, r->hostname, &at, &text);
	shell_format(&line, text.data);
	buf_fmt(to, "printf %s >\"$work/%s\"\n", line.data, name);
}

/* The source of a bind mount, quoted, after the lines that make it. The caller frees it. */
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
		return word(entry->source);
	case FSENTRY_VOLUME:
		break;
	}
	path = volstore_path(r->store, entry->source, &ignored);
	if (path)
		return word(path);
	buf_fmt(to,
		"mkdir \"$work/volume-%s\" # approx: the run makes the volume %s, which stays\n",
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
	own_str char *path = path_resolved(r->rootfs, entry->target), *at = word(path);
	own_str char *dir = str_dup_n(path, (size_t)(strrchr(path, '/') - path)),
		     *above = word(dir);
	struct buf *to = out->typed ? &out->inside : &out->held;
	own_str char *source = bind_source(r, entry, at, to);
	own_buf struct buf options = {0};

	kernelrecipe_attrs(entry->attrs, &options);
	if (is_file(entry))
		buf_fmt(to, "[ -e \"$base\"%s ] || { mkdir -p \"$base\"%s; : >\"$base\"%s; }\n", at,
			above, at);
	else
		buf_fmt(to, "mkdir -p \"$base\"%s\n", at);
	buf_fmt(to, "%smount --%s %s \"$root\"%s\n", there(out),
		entry->recursive ? "rbind" : "bind", source, at);
	buf_fmt(to, "%smount -o remount,bind%s \"$root\"%s\n", there(out), options.data, at);
	if (entry->recursive)
		buf_fmt(to,
			"%sfindmnt -lno TARGET --submounts \"$root\"%s | sed 1d | while IFS= read -r at; do "
			"%smount -o remount,bind%s \"$at\"; done\n",
			there(out), at, there(out), options.data);
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
	static const struct {
		const char *letter, *test, *tool;
	} ids[] = {{"U", "uid", "chown"}, {"G", "gid", "chgrp"}};
	uint32_t first = r->map.line->outside;

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		buf_fmt(&out->held,
			"find \"$home\"/* -printf '%%%s\\n' | sort -nru | while read -r id; do find \"$home\"/* -%s "
			"\"$id\" -exec %s -h $((id + %u)) {} +; done # approx: in place of an idmapped mount\n",
			ids[i].letter, ids[i].test, ids[i].tool, first - r->map.line->inside);
}

/* The stage proc may yet follow, and needs them. */
static void take_along(const struct recipe *out, struct buf *to)
{
	buf_fmt(to,
		"for at in proc sys dev; do [ -h \"$base/$at\" ] || [ ! -d \"$base/$at\" ] || %smount --rbind \"/$at\" \"$root/$at\"; done\n",
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
	/* Who enters the namespace afterwards is at its top: where the host's tree lies on the new
	 * root. */
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
	buf_fmt(to, "%smount --%s \"$base\" \"$root\"%s\n", there(out),
		r->plan->rootfs ? "rbind" : "bind",
		mapped && (out->typed || r->plan->rootfs) ? " # approx: its owners are not mapped"
							  : "");
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

static void mount_tmpfs(const struct run *r, const struct fsentry *entry, struct buf *to)
{
	own_str char *path = path_resolved(r->rootfs, entry->target), *at = word(path),
		     *place = str_fmt("\"$root\"%s", at);
	own_str char *options = word(entry->options);

	buf_fmt(to, "mkdir -p %s\n", place);
	kernelrecipe_new(entry, options, place, to);
}

/* A file system with one node, owned by the container's root: the host's own would be nobody's
 * inside. */
static void lend_device(const struct run *r, const struct fsentry *entry, size_t n,
			struct recipe *out)
{
	struct buf *to = out->typed ? &out->inside : &out->held;
	own_str char *at = inside(r, entry->target);
	struct stat st;

	if (stat(entry->source, &st) < 0)
		return;
	buf_fmt(to,
		"mkdir \"$work/device%zu\"; %smount -t tmpfs -o size=4k,mode=755 tmpfs \"$work/device%zu\"\n",
		n, there(out), n);
	if (out->typed && r->map.n) {
		own_str char *source = word(entry->source);

		buf_fmt(to,
			": >\"$work/device%zu/node\"; mount --bind %s \"$work/device%zu/node\" # approx: nobody's\n",
			n, source, n);
	} else {
		buf_fmt(to, "%smknod -m %o \"$work/device%zu/node\" %c %u %u\n", there(out),
			st.st_mode & 0666, n, S_ISBLK(st.st_mode) ? 'b' : 'c', major(st.st_rdev),
			minor(st.st_rdev));
		if (r->map.n)
			buf_fmt(to, "in_mounts chown %u:%u \"$work/device%zu/node\"\n",
				idmap_outside(&r->map, 0), idmap_outside(&r->map, 0), n);
	}
	buf_fmt(&out->inside,
		"mkdir -p \"$(dirname \"$root\"%s)\"; [ -e \"$root\"%s ] || : >\"$root\"%s\n", at,
		at, at);
	buf_fmt(&out->inside, "mount --bind \"$work/device%zu/node\" \"$root\"%s\n", n, at);
}

static void make_mark(const struct run *r, const struct fsentry *entry, struct buf *to)
{
	own_str char *at = inside(r, entry->target);

	buf_fmt(to, "mkdir -p \"$(dirname \"$root\"%s)\"; [ -e \"$root\"%s ] || : >\"$root\"%s\n",
		at, at, at);
}

void recipe_proc(const struct run *r, struct recipe *out)
{
	const char *root = plan_has_stage(r->plan, STAGE_ROOT) ? "$root" : "";
	size_t n = 0;

	kernelrecipe_mount(r, root, &out->inside);
	for (size_t i = 0; i < r->tree.n; i++) {
		const struct fsentry *entry = &r->tree.v[i];

		if (entry->phase != FSENTRY_USER)
			continue;
		if (entry->kind == FSENTRY_NEW)
			mount_tmpfs(r, entry, &out->inside);
		else if (entry->kind == FSENTRY_DEVICE)
			lend_device(r, entry, n++, out);
		else if (entry->kind == FSENTRY_MARK)
			make_mark(r, entry, &out->inside);
	}
	if (out->typed && *root)
		turn(r, out);
}
