#include "rootrecipe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "data.h"
#include "err.h"
#include "etc.h"
#include "own.h"
#include "path.h"
#include "rootfs.h"
#include "shell.h"
#include "volume.h"

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

/* ---- what is bound into the root ---- */

/* The lines of each, and its target before them: "/x" comes before "/x/y", or it would hide that. */
struct bound {
	struct strv parts;
	const struct run *r;
	const struct recipe *out;
};

/* source is shell, options of the kind ",ro". */
static void bind_on(struct bound *b, const char *source, const char *target, bool file, const char *how, const char *options)
{
	own_str char *path = path_resolved(b->r->rootfs, target), *at = word(path);
	own_str char *dir = str_dup_n(path, (size_t)(strrchr(path, '/') - path)), *above = word(dir);
	const struct recipe *out = b->out;
	struct buf text = {0};

	if (file)
		buf_fmt(&text, "[ -e \"$base\"%s ] || { mkdir -p \"$base\"%s; : >\"$base\"%s; }\n", at, above, at);
	else
		buf_fmt(&text, "mkdir -p \"$base\"%s\n", at);
	buf_fmt(&text, "%smount --%s %s \"$root\"%s\n", there(out), how, source, at);
	buf_fmt(&text, "%smount -o remount,bind%s \"$root\"%s\n", there(out), options, at);
	if (!str_equal(how, "bind"))
		buf_fmt(&text, "%sfindmnt -lno TARGET --submounts \"$root\"%s | sed 1d | while IFS= read -r at; do "
			"%smount -o remount,bind%s \"$at\"; done\n", there(out), at, there(out), options);
	strv_add(&b->parts, path);
	strv_take(&b->parts, text.data);
}

static void bind_etc(const struct run *r, struct recipe *out, struct bound *to)
{
	struct in_addr address = r->net.member.at.address;
	char shown[INET_ADDRSTRLEN];
	const char *own = address.s_addr ? inet_ntop(AF_INET, &address, shown, sizeof(shown)) : NULL;

	for (const char *const *name = etc_files; *name; name++) {
		own_str char *target = str_fmt("/etc/%s", *name), *source = str_fmt("\"$work/%s\"", *name);
		own_buf struct buf text = {0}, line = {0};

		etc_text(*name, r->plan, r->hostname, own, &text);
		shell_format(&line, text.data);
		buf_fmt(out->typed ? &out->inside : &out->held, "printf %s >\"$work/%s\"\n", line.data, *name);
		bind_on(to, source, target, true, "bind", r->plan->read_only ? ",ro,nosuid,nodev,noexec" :
			",nosuid,nodev,noexec");
	}
}

static void bind_volume(const struct run *r, struct recipe *out, struct bound *all, const char *text)
{
	struct buf *to = out->typed ? &out->inside : &out->held;
	own_volume struct volume v = {0};
	own_str char *source = NULL, *path = NULL, *at = NULL;
	struct err ignored;
	struct stat st;

	if (volume_read(text, &v, &ignored) < 0)
		return;
	at = inside(r, v.target);
	if (v.name)
		path = data_path(r->store, v.name, &ignored);
	if (v.name && !path) {
		source = str_fmt("\"$work/volume-%s\"", v.name);
		buf_fmt(to, "mkdir %s # approx: the run makes the volume %s, which stays\n", source, v.name);
		buf_fmt(to, "[ ! -d \"$base\"%s ] || cp -a \"$base\"%s/. %s\n", at, at, source);
	} else {
		source = word(path ? path : v.source);
	}
	bind_on(all, source, v.target, v.source && stat(v.source, &st) == 0 && !S_ISDIR(st.st_mode),
		v.name ? "bind" : "rbind", v.read_only ? ",nodev,ro" : ",nodev");
}

/* Of pairs: a target and its lines. */
static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void bind_all(const struct run *r, struct recipe *out)
{
	struct bound all = {.r = r, .out = out};

	if (r->store)
		bind_etc(r, out, &all);
	for (size_t i = 0; i < r->plan->image_volumes.n; i++) {
		own_str char *name = data_own_name(i), *source = str_fmt("\"$home/%s\"", name);

		bind_on(&all, source, r->plan->image_volumes.v[i], false, "bind", ",nodev");
	}
	for (size_t i = 0; i < r->plan->volumes.n; i++)
		bind_volume(r, out, &all, r->plan->volumes.v[i]);
	if (all.parts.n)
		qsort(all.parts.v, all.parts.n / 2, 2 * sizeof(*all.parts.v), compare);
	for (size_t i = 1; i < all.parts.n; i += 2)
		buf_str(out->typed ? &out->inside : &out->held, all.parts.v[i]);
	strv_free(&all.parts);
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
	bool mapped = r->map.n && !r->own_hands;

	if (r->plan->rootfs) {
		own_str char *base = word(r->plan->rootfs);

		buf_fmt(&out->before, "export base=%s\n", base);
	}
	if (out->typed)
		buf_str(to, "export root=/mnt work=$(mktemp -d)\n");
	if (plan_has_stage(r->plan, "proc"))
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
	if (!r->store && !plan_has_stage(r->plan, "proc"))
		take_along(out, to);
	bind_all(r, out);
	/* In a script all parts are one. */
	if (!out->typed || !plan_has_stage(r->plan, "proc"))
		turn(r, out);
}

/* ---- proc ---- */

static void add_list(struct buf *to, const char *const *list)
{
	for (; *list; list++)
		buf_fmt(to, " %s", *list);
}

/*
 * Where a file system of the kernel's goes: on the host's own root, at /mnt first, as the old one lends
 * what it has, and one must be seen for another to be had in a user namespace.
 */
static char *place_of(const char *root, const char *name)
{
	return *root ? str_fmt("\"%s/%s\"", root, name) : str_dup("/mnt");
}

/* The old one goes; locked (mount_namespaces(7)) it is covered. */
static void put_in_place(const char *root, const char *name, struct buf *to)
{
	if (!*root)
		buf_fmt(to, "umount -l /%s 2>/dev/null || :\nmount --move /mnt /%s\n", name, name);
}

static void mount_proc(const char *root, struct buf *to)
{
	own_str char *at = place_of(root, "proc");

	buf_fmt(to, "mount -t proc -o nosuid,nodev,noexec proc %s\n", at);
	put_in_place(root, "proc", to);
}

static void mount_sys(const struct run *r, const char *root, bool cgroup2, struct buf *to)
{
	const char *how = r->plan->privileged ? "nosuid,nodev,noexec" : "ro,nosuid,nodev,noexec";
	bool own = plan_has_stage(r->plan, "net") ? !str_equal(r->plan->network, "host") : !*root && !r->map.n;
	own_str char *at = place_of(root, "sys");

	if (!own) {
		buf_fmt(to, "mount --rbind /sys %s\n", at);
		buf_fmt(to, "findmnt -rno TARGET --submounts %s | while read -r at; do mount -o remount,bind,%s \"$at\"; done\n",
			at, how);
	} else {
		buf_fmt(to, "mount -t sysfs -o %s sysfs %s\n", how, at);
		if (cgroup2 && (plan_has_stage(r->plan, "cgns") || !r->map.n))
			buf_fmt(to, "mount -t cgroup2 -o %s cgroup2 %s/fs/cgroup\n", how, at);
		else if (cgroup2)
			buf_fmt(to, "mount --bind /sys/fs/cgroup %s/fs/cgroup\nmount -o remount,bind,%s %s/fs/cgroup\n", at, how, at);
	}
	put_in_place(root, "sys", to);
}

static void furnish_dev(const struct run *r, struct buf *to)
{
	bool tty = !r->map.n || idmap_outside(&r->map, 5) != (uint32_t)-1;

	buf_str(to, "mkdir \"$dev/pts\" \"$dev/shm\" \"$dev/mqueue\"\n");
	buf_fmt(to, "mount -t devpts -o nosuid,noexec,newinstance,ptmxmode=0666,mode=0620%s devpts \"$dev/pts\"\n", tty ? ",gid=5" : "");
	buf_fmt(to, "mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=%llu tmpfs \"$dev/shm\"\n",
		(unsigned long long)r->plan->shm_size);
	buf_str(to, "mount -t mqueue -o nosuid,nodev,noexec mqueue \"$dev/mqueue\" || :\n");
	buf_str(to, "for link in fd=/proc/self/fd stdin=/proc/self/fd/0 stdout=/proc/self/fd/1 stderr=/proc/self/fd/2 core=/proc/kcore "
		"ptmx=pts/ptmx; do ln -s \"${link#*=}\" \"$dev/${link%%=*}\"; done\n");
}

/* Every node of the host's, in directories too, but for what the container has itself. */
static const char all_nodes[] =
	"find /dev \\( -path /dev/pts -o -path /dev/shm -o -path /dev/mqueue \\) -prune -o \\( -type b -o -type c \\) "
	"! -name ptmx ! -name console -print";

static void mount_dev(const struct run *r, const char *root, struct buf *to)
{
	own_str char *at = place_of(root, "dev");

	buf_fmt(to, "dev=%s\n", at);
	buf_fmt(to, "mount -t tmpfs -o nosuid,noexec,mode=755,size=%s tmpfs \"$dev\"\n", r->plan->privileged ? "1m" : "64k");
	if (r->plan->privileged)
		buf_str(to, all_nodes);
	else
		buf_str(to, "printf '/dev/%s\\n'"), add_list(to, rootfs_devices);
	buf_fmt(to, " | while read -r node; do at=$dev/${node#/dev/}; %s: >\"$at\"; mount --bind \"$node\" \"$at\"; "
		"mount -o remount,bind,ro,nosuid,noexec \"$at\"; done\n",
		r->plan->privileged ? "mkdir -p \"${at%/*}\"; " : "");
	furnish_dev(r, to);
	put_in_place(root, "dev", to);
}

static void mask(const char *root, struct buf *to)
{
	buf_str(to, "for path in");
	add_list(to, rootfs_masked);
	buf_fmt(to, "; do if [ -d \"%s/$path\" ]; then mount -t tmpfs -o ro,nosuid,nodev,noexec,size=4k,nr_inodes=1,mode=755 tmpfs "
		"\"%s/$path\"; elif [ -e \"%s/$path\" ]; then mount --bind /dev/null \"%s/$path\"; "
		"mount -o remount,bind,ro,nosuid,noexec \"%s/$path\"; fi; done\n", root, root, root, root, root);
	buf_str(to, "for path in");
	add_list(to, rootfs_frozen);
	buf_fmt(to, "; do [ ! -e \"%s/$path\" ] || { mount --bind \"%s/$path\" \"%s/$path\"; "
		"mount -o remount,bind,ro,nosuid,nodev,noexec \"%s/$path\"; }; done\n", root, root, root, root);
}

static void mount_tmpfs(const struct run *r, const char *text, struct buf *to)
{
	own_volume struct volume v = {0};
	own_str char *at = NULL, *options = NULL;
	struct err ignored;

	if (volume_read_tmpfs(text, &v, &ignored) < 0)
		return;
	at = inside(r, v.target);
	options = word(v.options);
	buf_fmt(to, "mkdir -p \"$root\"%s\n", at);
	buf_fmt(to, "mount -t tmpfs -o nosuid,nodev%s%s%s tmpfs \"$root\"%s\n", strstr(v.options, "mode=") ? "" : ",mode=1777",
		*v.options ? "," : "", options, at);
}

/* A file system with one node, owned by the container's root: the host's own would be nobody's inside. */
static void lend_device(const struct run *r, const char *text, size_t n, struct recipe *out)
{
	struct buf *to = out->typed ? &out->inside : &out->held;
	own_volume struct volume v = {0};
	own_str char *at = NULL;
	struct err ignored;
	struct stat st;

	if (volume_read_device(text, &v, &ignored) < 0 || stat(v.source, &st) < 0)
		return;
	at = inside(r, v.target);
	buf_fmt(to, "mkdir \"$work/device%zu\"; %smount -t tmpfs -o size=4k,mode=755 tmpfs \"$work/device%zu\"\n", n, there(out), n);
	if (out->typed && r->map.n) {
		own_str char *source = word(v.source);

		buf_fmt(to, ": >\"$work/device%zu/node\"; mount --bind %s \"$work/device%zu/node\" # approx: nobody's\n", n, source, n);
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

void recipe_proc(const struct run *r, struct recipe *out)
{
	const char *root = plan_has_stage(r->plan, "root") ? "$root" : "";

	mount_proc(root, &out->inside);
	/* What is told is told in the new root. */
	mount_sys(r, root, rootfs_has_cgroup2(out->typed && r->host >= 0 ? r->host : AT_FDCWD), &out->inside);
	mount_dev(r, root, &out->inside);
	if (!r->plan->privileged)
		mask(root, &out->inside);
	for (size_t i = 0; i < r->plan->tmpfs.n; i++)
		mount_tmpfs(r, r->plan->tmpfs.v[i], &out->inside);
	for (size_t i = 0; i < r->plan->devices.n; i++)
		lend_device(r, r->plan->devices.v[i], i, out);
	if (out->typed && *root)
		turn(r, out);
}
