#include "container/objectsend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "container/moment.h"
#include "container/transfer.h"
#include "store/names.h"

enum { CHUNK = 128 << 10 };

struct sending {
	const struct store *s;
	int to;
	const char *target;
	void (*progress)(uint64_t bytes);
	struct digest digest;
	uint64_t bytes;
	struct transfer header;
	struct moment object;
	int parent;
	struct buf config;
	int files[TRANSFER_PARTS]; /* of the parts that are files of the object; -1: others */
};

static int put(struct sending *j, const void *data, size_t n, struct err *e)
{
	digest_add(&j->digest, data, n);
	if (fd_write_all(j->to, data, n) < 0)
		return err_sys(e, "%s", j->target);
	j->bytes += n;
	if (j->progress)
		j->progress(j->bytes);
	return 0;
}

static struct transfer_part *add_part(struct sending *j, const char *name)
{
	struct transfer_part *p = &j->header.parts[j->header.n];

	*p = (struct transfer_part){0};
	snprintf(p->name, sizeof(p->name), "%s", name);
	j->files[j->header.n++] = -1;
	return p;
}

/* A running container's log grows meanwhile: its present length is sent. */
static int add_file(struct sending *j, const char *name, struct err *e)
{
	int fd = openat(j->object.dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct transfer_part *p;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", name);
	p = add_part(j, name);
	j->files[j->header.n - 1] = fd;
	if (fstat(fd, &st) < 0)
		return err_sys(e, "%s", name);
	p->size = (uint64_t)st.st_size;
	return 0;
}

static int add_parts(struct sending *j, struct err *e)
{
	static const char *const files[] = {"exit", "log.1", "log"};

	record_format(&j->object.config, &j->config);
	add_part(j, "config")->size = j->config.len;
	for (size_t i = 0; id_is(j->object.id, "ps") && i < sizeof(files) / sizeof(*files); i++)
		if (add_file(j, files[i], e) < 0)
			return -1;
	for (size_t i = 0; i < j->object.n; i++)
		add_part(j, j->object.files[i].name)->subvolume = true;
	return 0;
}

static int add_names(struct sending *j, struct err *e)
{
	own_strv struct strv names = {0};

	if (name_list(j->s, id_kind(j->object.id), j->object.id, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (!strchr(names.v[i], '@'))
			strv_add(&j->header.names, names.v[i]);
	return 0;
}

static int find_parent(struct sending *j, const char *ref, struct err *e)
{
	char id[ID_LEN];
	int found = name_find(j->s, ref, id, e);

	if (found <= 0)
		return found < 0 ? -1 : err_set(e, "%s: no such image or volume", ref);
	j->parent = transfer_open(j->s, id, e);
	if (j->parent < 0 || subvolsend_identity(j->parent, &j->header.parent, e) < 0)
		return -1;
	j->header.has_parent = true;
	return 0;
}

/* The image is not sent. If the other store has it, the container is listed as made from it. */
static void find_image(struct sending *j)
{
	const char *image = record_get(&j->object.config, "image");
	struct err ignored;
	own_fd int fd = image && id_is(image, "img") ? transfer_open(j->s, image, &ignored) : -1;

	j->header.has_image = fd >= 0 && subvolsend_identity(fd, &j->header.image, &ignored) == 0;
}

static int describe(struct sending *j, const char *parent, struct err *e)
{
	struct err ignored;
	own_fd int data = -1;

	snprintf(j->header.kind, sizeof(j->header.kind), "%s", id_kind(j->object.id));
	if (id_is(j->object.id, "vol")) {
		data = transfer_open(j->s, j->object.id, &ignored);
		j->header.read_only = data >= 0;
	}
	if (subvolsend_identity(j->object.files[0].fd, &j->header.identity, e) < 0 ||
	    add_names(j, e) < 0 || add_parts(j, e) < 0)
		return -1;
	find_image(j);
	return parent ? find_parent(j, parent, e) : 0;
}

static int send_file(struct sending *j, int fd, const struct transfer_part *p, struct err *e)
{
	own_str char *chunk = mem_alloc(CHUNK);

	for (uint64_t left = p->size; left > 0;) {
		ssize_t n = read(fd, chunk, left < CHUNK ? (size_t)left : CHUNK);

		if (n <= 0)
			return n < 0 ? err_sys(e, "%s", p->name)
				     : err_set(e, "%s: became shorter meanwhile", p->name);
		if (put(j, chunk, (size_t)n, e) < 0)
			return -1;
		left -= (uint64_t)n;
	}
	return 0;
}

static int copy_stream(struct sending *j, int from, struct err *e)
{
	own_str char *chunk = mem_alloc(CHUNK);
	ssize_t n;

	while ((n = read(from, chunk, CHUNK)) > 0)
		if (put(j, chunk, (size_t)n, e) < 0)
			return -1;
	return n < 0 ? err_sys(e, "read the send stream") : 0;
}

static int send_subvolume(struct sending *j, int subvol, int parent, struct err *e)
{
	struct subvolsend sending;
	struct err ended;
	int r;

	if (subvolsend_begin(subvol, parent, true, &sending, e) < 0)
		return -1;
	r = copy_stream(j, sending.from, e);
	if (subvolsend_end(&sending, r < 0 ? &ended : e) < 0)
		return -1;
	return r;
}

static int send_parts(struct sending *j, struct err *e)
{
	size_t subvolume = 0;

	for (size_t i = 0; i < j->header.n; i++) {
		const struct transfer_part *p = &j->header.parts[i];
		int r = p->subvolume ? send_subvolume(j, j->object.files[subvolume].fd,
						      subvolume == 0 ? j->parent : -1, e)
			: i == 0     ? put(j, j->config.data, j->config.len, e)
				     : send_file(j, j->files[i], p, e);

		if (r < 0)
			return -1;
		subvolume += p->subvolume;
	}
	return 0;
}

static int send_all(struct sending *j, const char *ref, const char *parent, struct err *e)
{
	own_buf struct buf head = {0};
	char sum[DIGEST_LEN];

	if (moment_take(j->s, ref, true, &j->object, e) < 0)
		return -1;
	if (describe(j, parent, e) < 0)
		return err_wrap(e, "%s", ref);
	transfer_format(&j->header, &head);
	digest_begin(&j->digest);
	if (put(j, head.data, head.len, e) < 0)
		return -1;
	if (send_parts(j, e) < 0)
		return err_wrap(e, "%s", ref);
	digest_end(&j->digest, sum);
	sum[DIGEST_LEN - 1] = '\n';
	return fd_write_all(j->to, sum, sizeof(sum)) < 0 ? err_sys(e, "%s", j->target) : 0;
}

int objectsend(const struct store *s, const char *ref, const char *parent, int to,
	       const char *target, void (*progress)(uint64_t bytes), struct err *e)
{
	struct sending j = {.s = s,
			    .to = to,
			    .target = target,
			    .progress = progress,
			    .object = MOMENT_NONE,
			    .parent = -1};
	int r = send_all(&j, ref, parent, e);

	for (size_t i = 0; i < j.header.n; i++)
		own_close(&j.files[i]);
	own_close(&j.parent);
	moment_drop(s, &j.object);
	transfer_free(&j.header);
	buf_free(&j.config);
	digest_drop(&j.digest);
	return r;
}
