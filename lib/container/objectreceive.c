#include "container/objectreceive.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/num.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/record.h"
#include "container/transfer.h"
#include "kernel/confine.h"
#include "kernel/subvol.h"
#include "store/draft.h"
#include "store/image.h"
#include "store/names.h"
#include "tar/sendapply.h"

enum { CHUNK = 64 << 10, TELL_EVERY = 4 << 20 };

/* Message of the child: its progress, and finally its result. It fits one write to a pipe. */
struct receive_report {
	uint64_t bytes;
	bool ended;
	int result;
	struct err err;
};

struct receiving {
	const struct store *s;
	struct transfer_input in;
	struct transfer header;
	struct draft draft;
	int parent; /* the subvolume to which the first one is a difference; -1: none */
	int to;     /* of the child: for reports */
	struct receive_report now;
};

/* --- in the child --- */

static void tell_progress(struct receiving *j)
{
	const void *report = &j->now;

	if (j->in.bytes < j->now.bytes + TELL_EVERY)
		return;
	j->now.bytes = j->in.bytes;
	/* A closed pipe means that the parent is gone: end too. */
	if (write(j->to, report, sizeof(j->now)) < 0)
		_exit(1);
}

static int take_and_tell(void *job, void *data, size_t n, struct err *e)
{
	struct receiving *j = job;

	tell_progress(j);
	return transfer_take(&j->in, data, n, e);
}

static int receive_file(struct receiving *j, const struct transfer_part *p, struct err *e)
{
	own_fd int fd = open(p->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	own_str char *chunk = mem_alloc(CHUNK);

	if (fd < 0)
		return err_sys(e, "%s", p->name);
	for (uint64_t left = p->size; left > 0;) {
		size_t n = left < CHUNK ? (size_t)left : CHUNK;

		if (take_and_tell(j, chunk, n, e) < 0)
			return -1;
		if (fd_write_all(fd, chunk, n) < 0)
			return err_sys(e, "%s", p->name);
		left -= n;
	}
	return 0;
}

/* The first subvolume is the one that the header identifies, and may be a difference. */
static int receive_subvolume(struct receiving *j, const struct transfer_part *p, bool first,
			     struct err *e)
{
	own_fd int root = open(p->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	own_str struct sendstream *in = mem_alloc(sizeof(*in));
	struct sendapply a = {.root = root, .parent = first ? j->parent : -1};

	memcpy(a.parent_uuid, j->header.parent.uuid, sizeof(a.parent_uuid));
	if (root < 0)
		return err_sys(e, "%s", p->name);
	in->what = j->in.what;
	in->read = take_and_tell;
	in->arg = j;
	if (sendapply_run(&a, in, e) < 0)
		return -1;
	return !first || memcmp(a.uuid, j->header.identity.uuid, sizeof(a.uuid)) == 0
		? 0
		: err_set(e, "%s: the send stream is of another subvolume", j->in.what);
}

static int receive_parts(struct receiving *j, struct err *e)
{
	own_fd int top = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool first = true;

	for (size_t i = 0; i < j->header.n; i++) {
		const struct transfer_part *p = &j->header.parts[i];

		if (top < 0 || fchdir(top) < 0)
			return err_sys(e, "%s", j->draft.name);
		if (!p->subvolume) {
			if (receive_file(j, p, e) < 0)
				return -1;
			continue;
		}
		if (receive_subvolume(j, p, first, e) < 0)
			return -1;
		first = false;
	}
	return transfer_check(&j->in, e);
}

static _Noreturn void child(struct receiving *j)
{
	int keep[] = {j->in.from, j->to, j->parent};

	j->now.result = confine_to(j->draft.dir, keep, j->parent < 0 ? 2 : 3, &j->now.err);
	if (j->now.result == 0)
		j->now.result = receive_parts(j, &j->now.err);
	j->now.ended = true;
	_exit(write(j->to, &j->now, sizeof(j->now)) == sizeof(j->now) ? 0 : 1);
}

/* --- in the parent --- */

static int run_child(struct receiving *j, void (*progress)(uint64_t bytes), struct err *e)
{
	own_fd int end = -1;
	struct receive_report r = {0};
	pid_t pid = proc_fork_pipe(&end);
	int status;

	if (pid < 0)
		return err_sys(e, "%s: fork", j->in.what);
	if (pid == 0) {
		j->to = end;
		child(j);
	}
	while (read(end, &r, sizeof(r)) == sizeof(r))
		if (progress)
			progress(r.bytes);
	status = proc_wait_child(pid);
	if (!r.ended)
		return err_set(e, "%s: receiving was killed (status %d)", j->in.what, status);
	if (r.result < 0)
		*e = r.err;
	return r.result;
}

static int make_subvolumes(struct receiving *j, struct err *e)
{
	bool first = true;

	for (size_t i = 0; i < j->header.n; i++) {
		const char *name = j->header.parts[i].name;

		if (!j->header.parts[i].subvolume)
			continue;
		if ((first && j->parent >= 0
			     ? subvol_snapshot(j->parent, j->draft.dir, name, false, e)
			     : subvol_create(j->draft.dir, name, e)) < 0)
			return -1;
		first = false;
	}
	return 0;
}

/*
 * Identifies the subvolume as a copy, so that it can be the parent of a later one. A container's
 * and a volume's files will change.
 */
static int seal(const struct receiving *j, struct err *e)
{
	bool image = str_equal(j->header.kind, "img");
	own_fd int fd = openat(j->draft.dir, image ? "rootfs" : "data",
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (!image && !j->header.read_only)
		return 0;
	if (fd < 0)
		return err_sys(e, "%s", j->draft.name);
	if (subvolsend_set_received(fd, &j->header.identity, e) < 0)
		return -1;
	return image ? 0 : subvol_set_read_only(fd, true, e);
}

static int check_names(struct transfer *t, const char *name, struct err *e)
{
	own_strv struct strv sent = t->names;

	t->names = (struct strv){0};
	if (name) {
		strv_free(&sent);
		strv_add(&sent, name);
	}
	for (size_t i = 0; i < sent.n; i++) {
		if (str_equal(t->kind, "img")) {
			char *known = name_check_image(sent.v[i], e);

			if (!known)
				return -1;
			strv_take(&t->names, known);
			continue;
		}
		if (name_check_container(sent.v[i], e) < 0)
			return -1;
		strv_add(&t->names, sent.v[i]);
	}
	return 0;
}

/* Before hours of transfer: a container's or volume's name must be free. */
static int check_free(const struct receiving *j, struct err *e)
{
	char id[ID_LEN];

	if (str_equal(j->header.kind, "img") || j->header.names.n == 0 ||
	    name_holder(j->s, j->header.kind, j->header.names.v[0], id) < 0)
		return 0;
	return err_set(e, "%s: the name is in use by %s (--name gives another one)",
		       j->header.names.v[0], id);
}

static int publish_image(struct receiving *j, struct record *config, char id[ID_LEN],
			 struct strv *notes, struct err *e)
{
	own_str char *created = str_dup(record_get(config, "created"));
	own_fd int lock = -1;
	struct err ignored;

	for (const char *const *key = image_own_keys; *key; key++)
		record_drop(config, *key);
	record_add(config, "created", created);
	if (image_publish(j->s, &j->draft, config, NULL, id, e) < 0)
		return -1;
	lock = lock_take(j->s->root, ".", e);
	if (lock >= 0 && name_take_all(j->s, &j->header.names, id, notes, e) == 0)
		return 0;
	shut_fd(&lock);
	draft_unpublish(j->s, id, &ignored);
	return -1;
}

/* The image of this store from which the container was made, if there is one. */
static void set_image(const struct receiving *j, struct record *config)
{
	struct err ignored;
	char id[ID_LEN];
	own_fd int fd = j->header.has_image ? transfer_find(j->s, &j->header.image, id, &ignored)
					    : -1;

	record_drop(config, "image");
	if (fd >= 0 && id_is(id, "img"))
		record_add(config, "image", id);
}

static int publish_other(struct receiving *j, struct record *config, char id[ID_LEN], struct err *e)
{
	const char *name = j->header.names.n ? j->header.names.v[0] : NULL;

	if (record_get(config, "rootfs"))
		return err_set(e, "%s: a container on a directory of its host", j->in.what);
	if (str_equal(j->header.kind, "ps")) {
		set_image(j, config);
		record_drop(config, "name");
		record_add(config, "name", name);
	} else {
		record_drop(config, "of");
	}
	if (record_write(j->draft.dir, "config", config, e) < 0)
		return -1;
	if (syncfs(j->draft.dir) < 0)
		return err_sys(e, "%s: write to disk", j->draft.name);
	return store_new_id(j->s, j->header.kind, id, e) < 0
		? -1
		: draft_publish(j->s, &j->draft, id, name, e);
}

static int receive(struct receiving *j, const char *name, char id[ID_LEN], struct strv *notes,
		   void (*progress)(uint64_t bytes), struct err *e)
{
	own_record struct record config = {0};
	struct timespec created;
	char parent[ID_LEN];
	struct err ignored;

	if (transfer_read(&j->in, &j->header, e) < 0 || check_names(&j->header, name, e) < 0 ||
	    check_free(j, e) < 0)
		return -1;
	if (j->header.has_parent) {
		j->parent = transfer_find(j->s, &j->header.parent, parent, e);
		if (j->parent < 0)
			return e->sys == ENOENT
				? err_set(e, "%s: its parent is not in this store: send that first",
					  j->in.what)
				: -1;
	}
	if (draft_begin(j->s, &j->draft, e) < 0 || make_subvolumes(j, e) < 0 ||
	    run_child(j, progress, e) < 0 || seal(j, e) < 0)
		return -1;
	if (record_read(j->draft.dir, "config", &config, e) < 0)
		return err_wrap(e, "%s", j->in.what);
	if (num_time(record_get(&config, "created") ? record_get(&config, "created") : "", &created,
		     &ignored) < 0)
		return err_set(e, "%s: invalid config: no time of creation", j->in.what);
	return str_equal(j->header.kind, "img") ? publish_image(j, &config, id, notes, e)
						: publish_other(j, &config, id, e);
}

int objectreceive(const struct store *s, int from, const char *what, const char *name,
		  char id[ID_LEN], struct strv *notes, void (*progress)(uint64_t bytes),
		  struct err *e)
{
	own_str struct receiving *j = mem_alloc(sizeof(*j));
	int r;

	*j = (struct receiving){
		.s = s, .in = {.from = from, .what = what}, .draft = {.dir = -1}, .parent = -1};
	r = receive(j, name, id, notes, progress, e);
	draft_drop(s, &j->draft);
	own_close(&j->parent);
	transfer_free(&j->header);
	digest_drop(&j->in.digest);
	return r;
}
