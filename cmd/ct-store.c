/* Brings the store up and down, shows its state, enlarges it, turns its quotas on and off. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/own.h"
#include "base/table.h"
#include "cmd.h"
#include "container/container.h"
#include "kernel/quota.h"
#include "store/store.h"
#include "store/storefs.h"

struct store_args {
	struct listing listing;
};

static const struct opt opts[] = {
	OPT_LISTING(struct store_args, listing),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-store",
	.operands = "up | down | status | grow SIZE | quota on|off",
	.purpose = "Bring the store up or down, show its state, enlarge it, turn quotas on or off",
	.opts = opts,
	.min = 1,
	.max = 2,
};

static const struct column columns[] = {{.name = "root"},
					{.name = "up"},
					{.name = "backing"},
					{.name = "size", .number = true, .look = COLUMN_SIZE},
					{.name = "used", .number = true, .look = COLUMN_SIZE},
					{.name = "free", .number = true, .look = COLUMN_SIZE},
					{.name = "images", .number = true},
					{.name = "containers", .number = true},
					{.name = "run"},
					{.name = "quota"},
					{0}};

static int bring_up(struct store *s, struct err *e)
{
	if (store_open(s, STORE_UP, e) < 0)
		return -1;
	if (s->note[0])
		cmd_note("%s", s->note);
	return 0;
}

static int up(struct err *e)
{
	own_store struct store s;

	return bring_up(&s, e);
}

static int grow(const char *size, struct err *e)
{
	own_store struct store s = STORE_NONE;
	uint64_t bytes;

	if (num_size(size, &bytes, e) < 0)
		return err_status(e, 2);
	return bring_up(&s, e) < 0 ? -1 : store_grow(bytes, e);
}

/* With its quotas the file system would forget the container's limit. */
static int refuse_limited(const struct store *s, struct err *e)
{
	own_strv struct strv ids = {0};

	if (store_list(s, "ps", &ids, e) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		own_container struct container c = CONTAINER_NONE;
		struct err ignored;

		if (container_open(s, ids.v[i], &c, &ignored) == 0 && record_get(&c.config, "disk"))
			return err_set(e,
				       "%s: has a limit (--disk; 'ct update --disk -1' removes it)",
				       c.id);
	}
	return 0;
}

static int quota(bool on, struct err *e)
{
	own_store struct store s = STORE_NONE;
	enum quota_mode mode;
	int failed;

	if (bring_up(&s, e) < 0)
		return -1;
	failed = on ? quota_on(s.root, e) < 0
		    : refuse_limited(&s, e) < 0 || quota_off(s.root, e) < 0;
	if (failed || quota_mode(s.root, &mode, e) < 0)
		return err_wrap(e, "%s", s.root_path);
	if (on)
		cmd_note("%s: quotas are %s", s.root_path, quota_modes[mode]);
	return 0;
}

static char *number(uint64_t n)
{
	return str_fmt("%llu", (unsigned long long)n);
}

static int count(const struct store *s, const char *kind, char **text, struct err *e)
{
	own_strv struct strv ids = {0};

	if (store_list(s, kind, &ids, e) < 0)
		return -1;
	*text = number(ids.n);
	return 0;
}

/* Size, used and free bytes of the file system. If the store is down, only the size of its file. */
static int measure(const struct store *s, const char *file, char *bytes[3], struct err *e)
{
	struct statvfs fs;
	struct stat st;

	if (s->root < 0) {
		if (file && stat(file, &st) == 0)
			bytes[0] = number((uint64_t)st.st_size);
		return 0;
	}
	if (fstatvfs(s->root, &fs) < 0)
		return err_sys(e, "%s", s->root_path);
	bytes[0] = number((uint64_t)fs.f_blocks * fs.f_frsize);
	bytes[1] = number((uint64_t)(fs.f_blocks - fs.f_bfree) * fs.f_frsize);
	bytes[2] = number((uint64_t)fs.f_bavail * fs.f_frsize);
	return 0;
}

static int status(const struct listing *how, struct err *e)
{
	own_strv struct strv cells = {0};
	own_store struct store s;
	own_str char *file = NULL;
	char *bytes[3] = {0}, *counts[2] = {0};
	enum quota_mode mode = QUOTA_NONE;
	struct err ignored;
	struct table *t;

	if (store_open(&s, STORE_LOOK, e) < 0)
		return -1;
	file = storefs_file(s.root_path);
	if (measure(&s, file, bytes, e) < 0 || count(&s, "img", &counts[0], e) < 0 ||
	    count(&s, "ps", &counts[1], e) < 0)
		return -1;
	t = table_begin(columns, how, e);
	if (!t)
		return -1;
	if (s.root >= 0 && table_shows(t, "quota"))
		quota_mode(s.root, &mode, &ignored);
	table_row(t,
		  (const char *const[]){s.root_path, s.root < 0 ? "no" : "yes", file, bytes[0],
					bytes[1], bytes[2], counts[0], counts[1], s.run_path,
					s.root < 0 ? NULL : quota_modes[mode]});
	table_end(t, stdout);
	for (size_t i = 0; i < 5; i++)
		strv_take(&cells, i < 3 ? bytes[i] : counts[i - 3]);
	return 0;
}

static int usage(struct err *e, const char *word)
{
	err_set(e, "%s: not \"up\", \"down\", \"status\", \"grow SIZE\" or \"quota on|off\"", word);
	return err_status(e, 2);
}

int main(int argc, char **argv)
{
	struct store_args args = {0};
	char **word = cmd_begin(&program, argc, argv, &args);
	bool alone = !word[1];
	struct err e;
	int r;

	if (alone && strcmp(word[0], "up") == 0)
		r = up(&e);
	else if (alone && strcmp(word[0], "down") == 0)
		r = store_down(&e);
	else if (alone && strcmp(word[0], "status") == 0)
		r = status(&args.listing, &e);
	else if (!alone && strcmp(word[0], "grow") == 0)
		r = grow(word[1], &e);
	else if (!alone && strcmp(word[0], "quota") == 0 &&
		 (strcmp(word[1], "on") == 0 || strcmp(word[1], "off") == 0))
		r = quota(strcmp(word[1], "on") == 0, &e);
	else
		r = usage(&e, alone || strcmp(word[0], "grow") == 0 ? word[0] : word[1]);
	return r < 0 ? cmd_failed(&e) : cmd_end(0);
}
