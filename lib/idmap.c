#include "idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claim.h"
#include "err.h"
#include "fd.h"
#include "num.h"
#include "own.h"
#include "str.h"

enum { FIRST_OUTSIDE = 0x20000000, SLOTS = (0x70000000 - FIRST_OUTSIDE) / IDMAP_RANGE };

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
			return err_set(e, "%s: not auto, host, unmapped or CTR:HOST:COUNT[,...]", text);
		for (int k = 0; k < 3; k++)
			if (num_uint(parts.v[k], k == 2, UINT32_MAX - 1, &v[k], e) < 0)
				return err_wrap(e, "%s", text);
		if (m->n == IDMAP_MAX)
			return err_set(e, "%s: more than %d ranges", text, IDMAP_MAX);
		m->line[m->n].inside = (uint32_t)v[0];
		m->line[m->n].outside = (uint32_t)v[1];
		m->line[m->n++].count = (uint32_t)v[2];
	}
	return 0;
}

static unsigned first_slot(const char *id)
{
	const char *number = strrchr(id, '_');

	return (unsigned)(strtoull(number ? number + 1 : id, NULL, 10) % SLOTS);
}

/* 1: claimed; 0: another container has it; -1. */
static int claim_slot(int run, unsigned slot, const char *id, struct err *e)
{
	char name[24];

	snprintf(name, sizeof(name), "userns-%u", slot);
	return claim_take(run, run, name, id, e);
}

int idmap_claim(int run, const char *id, struct idmap *m, struct err *e)
{
	own_str char *elsewhere = str_fmt("%s/userns", id);
	unsigned slot = first_slot(id);
	char text[16];
	int got;

	for (unsigned tried = 0; tried < SLOTS; tried++, slot = (slot + 1) % SLOTS) {
		if (tried) {
			/* Not where the number says: noted first, so that a crash leaves no lost claim. */
			snprintf(text, sizeof(text), "%u", slot);
			unlinkat(run, elsewhere, 0);
			if (symlinkat(text, run, elsewhere) < 0)
				return err_sys(e, "user ids for %s", id);
		}
		got = claim_slot(run, slot, id, e);
		if (got < 0)
			return -1;
		if (got) {
			*m = (struct idmap){.n = 1, .line = {{0, FIRST_OUTSIDE + slot * IDMAP_RANGE, IDMAP_RANGE}}};
			return 0;
		}
	}
	return err_set(e, "user ids for %s: all %d ranges are in use", id, SLOTS);
}

void idmap_release(int run, const char *id)
{
	own_str char *elsewhere = str_fmt("%s/userns", id);
	unsigned slot = first_slot(id);
	char claim[24], text[64];
	ssize_t n = readlinkat(run, elsewhere, text, sizeof(text) - 1);

	if (n > 0) {
		text[n] = '\0';
		slot = (unsigned)strtoul(text, NULL, 10);
	}
	snprintf(claim, sizeof(claim), "userns-%u", slot);
	claim_release(run, claim, id);
}

uint32_t idmap_outside(const struct idmap *m, uint32_t inside)
{
	for (int i = 0; i < m->n; i++)
		if (inside >= m->line[i].inside && inside - m->line[i].inside < m->line[i].count)
			return m->line[i].outside + (inside - m->line[i].inside);
	return (uint32_t)-1;
}

int idmap_write(const struct idmap *m, pid_t pid, struct err *e)
{
	own_buf struct buf text = {0};
	char path[40];

	if (m->n == 0)
		return 0;
	for (int i = 0; i < m->n; i++)
		buf_fmt(&text, "%u %u %u\n", m->line[i].inside, m->line[i].outside, m->line[i].count);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	if (file_put(AT_FDCWD, path, text.data, e) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
	return file_put(AT_FDCWD, path, text.data, e);
}

int idmap_of(pid_t pid, struct idmap *m, struct err *e)
{
	own_str char *path = str_fmt("/proc/%d/uid_map", (int)pid);
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
