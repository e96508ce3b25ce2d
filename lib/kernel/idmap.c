#include "kernel/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/own.h"
#include "base/str.h"
#include "kernel/caps.h"
#include "kernel/hostslot.h"
#include "kernel/namespace.h"
#include "kernel/slot.h"

enum {
	FIRST_OUTSIDE = 0x20000000,
	FIRST_BORROWED = 0x70000000,
	SLOTS = (FIRST_BORROWED - FIRST_OUTSIDE) / IDMAP_RANGE,
	BORROWED = 0x0fff0000 / IDMAP_RANGE,
};

/* Detects the one map that needs no privileges (user_namespaces(7)). */
static void note_own(struct idmap *m)
{
	m->group = getegid();
	m->own = m->n == 1 && m->line->count == 1 && m->line->outside == geteuid() &&
		!caps_held(CAP_SETGID);
}

int idmap_read(const char *text, struct idmap *m, struct err *e)
{
	own_strv struct strv lines = {0};

	*m = (struct idmap){0};
	strv_split(&lines, text, ',');
	for (size_t i = 0; i < lines.n; i++) {
		own_strv struct strv parts = {0};
		uint64_t v[3];

		strv_split(&parts, lines.v[i], ':');
		if (parts.n != 3)
			return err_set(e, "%s: not auto, host, unmapped or CTR:HOST:COUNT[,...]",
				       text);
		for (int k = 0; k < 3; k++)
			if (num_uint(parts.v[k], k == 2, UINT32_MAX - 1, &v[k], e) < 0)
				return err_wrap(e, "%s", text);
		if (m->n == IDMAP_MAX)
			return err_set(e, "%s: more than %d ranges", text, IDMAP_MAX);
		m->line[m->n].inside = (uint32_t)v[0];
		m->line[m->n].outside = (uint32_t)v[1];
		m->line[m->n++].count = (uint32_t)v[2];
	}
	note_own(m);
	return 0;
}

static unsigned numbered_slot(const char *id)
{
	const char *number = strrchr(id, '_');

	return (unsigned)(strtoull(number ? number + 1 : id, NULL, 10) % SLOTS);
}

/*
 * The first range to try. In the default CT_RUN the container's number selects it. Other sets
 * add an offset; otherwise they would collide with every range of the first set.
 */
static unsigned first_slot(int run, const char *id)
{
	return (unsigned)((numbered_slot(id) + (uint64_t)hostslot_set(run)) % SLOTS);
}

/* A running container of version 0.1 holds its range by a link CT_RUN/userns-SLOT. */
#define EARLIER "userns-%u"

static bool held_earlier(int run, unsigned slot, const char *id)
{
	char name[24], holder[64];

	snprintf(name, sizeof(name), EARLIER, slot);
	return slot_holder(run, run, name, holder) && !str_equal(holder, id);
}

int idmap_claim(int run, const char *id, struct idmap *m, int *held, struct err *e)
{
	own_str char *elsewhere = str_fmt("%s/userns", id);
	unsigned slot = first_slot(run, id);
	char text[16];
	int got;

	for (unsigned tried = 0; tried < SLOTS; tried++, slot = (slot + 1) % SLOTS) {
		snprintf(text, sizeof(text), "%u", slot);
		if (tried) {
			/*
			 * The range differs from the one that the number selects: note it
			 * first, so that a crash leaves no lost claim.
			 */
			unlinkat(run, elsewhere, 0);
			if (symlinkat(text, run, elsewhere) < 0)
				return err_sys(e, "user ids for %s", id);
		}
		got = held_earlier(run, slot, id) ? 0 : hostslot_take(run, text, id, held, e);
		if (got < 0)
			return err_wrap(e, "user ids for %s", id);
		if (got) {
			*m = (struct idmap){
				.n = 1,
				.line = {{0, FIRST_OUTSIDE + slot * IDMAP_RANGE, IDMAP_RANGE}}};
			return 0;
		}
	}
	return err_set(e, "user ids for %s: all %d ranges are in use", id, SLOTS);
}

int idmap_borrow(struct idmap *m, struct err *e)
{
	uint32_t first = FIRST_BORROWED + (uint32_t)(getpid() % BORROWED) * IDMAP_RANGE;
	struct idmap ours;

	*m = (struct idmap){.n = 1, .line = {{0, first, IDMAP_RANGE}}};
	if (!caps_held(CAP_SETUID)) {
		*m = (struct idmap){.n = 1, .line = {{0, geteuid(), 1}}};
		note_own(m);
		return 0;
	}
	if (idmap_of(getpid(), &ours, e) < 0)
		return -1;
	if (idmap_outside(&ours, first) == (uint32_t)-1) {
		*m = ours;
		for (int i = 0; i < m->n; i++)
			m->line[i].outside = m->line[i].inside;
	}
	return 0;
}

/* The slot of a container: selected by its number, or noted. */
static void slot_of(int run, const char *id, char slot[16])
{
	own_str char *elsewhere = str_fmt("%s/userns", id);
	ssize_t n = readlinkat(run, elsewhere, slot, 15);

	if (n > 0)
		slot[n] = '\0';
	else
		snprintf(slot, 16, "%u", first_slot(run, id));
}

int idmap_share(int run, const char *from, const char *id, int *held, struct err *e)
{
	own_str char *note = str_fmt("%s/userns", id);
	char slot[16];

	slot_of(run, from, slot);
	if (symlinkat(slot, run, note) < 0)
		return err_sys(e, "share the user ids of %s", from);
	*held = hostslot_share(slot);
	return 0;
}

/*
 * Passes the claim, and the links to the other sharers, to a living container that shares the
 * range. false: there is none.
 */
static bool pass_claim(int run, const char *slot, const char *id)
{
	int fd = openat(run, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_dir DIR *d = fd < 0 ? NULL : fdopendir(fd);
	char heir[64] = "", other[64];
	struct dirent *entry;
	struct err ignored;

	while (d && (entry = readdir(d))) {
		if (!str_starts(entry->d_name, IDMAP_SHARED) ||
		    !slot_holder(run, fd, entry->d_name, other))
			continue;
		if (*heir) {
			own_str char *shared = str_fmt("%s/" IDMAP_SHARED "%s", heir, other);

			if (symlinkat(other, run, shared) < 0)
				continue; /* the other container has ended meanwhile */
		} else if (hostslot_pass(run, slot, id, other, &ignored) == 0) {
			strcpy(heir, other);
		}
	}
	return *heir;
}

void idmap_release(int run, const char *id)
{
	char slot[16], earlier[24];

	slot_of(run, id, slot);
	snprintf(earlier, sizeof(earlier), EARLIER, numbered_slot(id));
	slot_release(run, earlier, id);
	if (!pass_claim(run, slot, id))
		hostslot_release(run, slot, id);
}

uint32_t idmap_outside(const struct idmap *m, uint32_t inside)
{
	for (int i = 0; i < m->n; i++)
		if (inside >= m->line[i].inside && inside - m->line[i].inside < m->line[i].count)
			return m->line[i].outside + (inside - m->line[i].inside);
	return (uint32_t)-1;
}

uint32_t idmap_root(const struct idmap *m)
{
	uint32_t root = m->n ? idmap_outside(m, 0) : 0;

	return root == (uint32_t)-1 ? 0 : root;
}

static int write_own_group(const struct idmap *m, pid_t pid, struct err *e)
{
	char path[40], text[32];

	snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
	if (file_put(AT_FDCWD, path, "deny", e) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
	snprintf(text, sizeof(text), "%u %u 1\n", m->line->inside, m->group);
	return file_put(AT_FDCWD, path, text, e);
}

int idmap_write(const struct idmap *m, pid_t pid, struct err *e)
{
	own_buf struct buf text = {0};
	char path[40];

	if (m->n == 0)
		return 0;
	for (int i = 0; i < m->n; i++)
		buf_fmt(&text, "%u %u %u\n", m->line[i].inside, m->line[i].outside,
			m->line[i].count);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	if (file_put(AT_FDCWD, path, text.data, e) < 0)
		return e->sys == EPERM
			? err_set(e,
				  "user ids: only root may map ids other than its own, or more than one")
			: -1;
	if (m->own)
		return write_own_group(m, pid, e);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
	return file_put(AT_FDCWD, path, text.data, e);
}

int idmap_of(pid_t pid, struct idmap *m, struct err *e)
{
	own_str char *path = pid ? str_fmt("/proc/%d/uid_map", (int)pid)
				 : str_dup("/proc/self/uid_map");
	own_file FILE *f = fopen(path, "re");
	unsigned inside, outside, count;

	*m = (struct idmap){0};
	if (!f)
		return err_sys(e, "%s", path);
	while (m->n < IDMAP_MAX && fscanf(f, "%u %u %u", &inside, &outside, &count) == 3) {
		m->line[m->n].inside = inside;
		m->line[m->n].outside = outside;
		m->line[m->n++].count = count;
	}
	return 0;
}

static int write_map(const struct idmap *m, pid_t pid, const char *file, struct err *e)
{
	own_str char *path = str_fmt("/proc/%d/%s", (int)pid, file);
	own_buf struct buf text = {0};

	for (int i = 0; i < m->n; i++)
		buf_fmt(&text, "%u %u %u\n", m->line[i].inside, m->line[i].outside,
			m->line[i].count);
	return m->n ? file_put(AT_FDCWD, path, text.data, e) : 0;
}

int idmap_write_both(const struct idmap *uids, const struct idmap *gids, pid_t pid, struct err *e)
{
	return write_map(uids, pid, "uid_map", e) < 0 ||
			write_map(gids->n ? gids : uids, pid, "gid_map", e) < 0
		? -1
		: 0;
}

int idmap_namespace(const struct idmap *uids, const struct idmap *gids, struct err *e)
{
	/* Namespaces need a process until a descriptor keeps them. */
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD | CLONE_NEWUSER, NULL, NULL, NULL, NULL);
	int fd;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	if (pid < 0)
		return err_sys(e, "make a user namespace for idmapped mounts");
	fd = idmap_write_both(uids, gids, pid, e) < 0 ? -1 : namespace_open(pid, CLONE_NEWUSER, e);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}
