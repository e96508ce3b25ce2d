#include "container/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "base/record.h"
#include "kernel/subvol.h"
#include "store/store.h"

static const char first_line[] = "ct-send 1 ";
static const char subvolume[] = "subvolume";

enum { HEADER_MAX = 1 << 20, NAMES_MAX = 1000, CONFIG_MAX = 4 << 20, EXIT_MAX = 4096 };

void transfer_free(struct transfer *t)
{
	strv_free(&t->names);
	*t = (struct transfer){0};
}

static void add_identity(struct record *r, const char *key, const struct subvolsend_identity *id)
{
	char text[SUBVOL_IDENTITY_LEN];

	subvolsend_identity_text(id, text);
	record_add(r, key, text);
}

void transfer_format(const struct transfer *t, struct buf *out)
{
	own_record struct record header = {0};
	own_buf struct buf text = {0};

	record_add(&header, "kind", t->kind);
	add_identity(&header, "identity", &t->identity);
	record_add_list(&header, "name", &t->names);
	if (t->has_parent)
		add_identity(&header, "parent", &t->parent);
	if (t->has_image)
		add_identity(&header, "image", &t->image);
	if (t->read_only)
		record_add(&header, "read-only", "1");
	for (const struct transfer_part *p = t->parts; p < t->parts + t->n; p++) {
		own_str char *part = p->subvolume ? str_fmt("%s %s", p->name, subvolume)
						  : str_fmt("%s file %" PRIu64, p->name, p->size);

		record_add(&header, "part", part);
	}
	record_format(&header, &text);
	buf_fmt(out, "%s%zu\n", first_line, text.len);
	buf_add(out, text.data, text.len);
}

/* --- reading --- */

/* Reads ahead if nothing is left. 1; 0 at the end of the input; -1. */
static int fill(struct transfer_input *in, struct err *e)
{
	ssize_t n;

	if (in->at < in->end)
		return 1;
	do
		n = read(in->from, in->ahead, sizeof(in->ahead));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, "%s", in->what);
	in->at = 0;
	in->end = (size_t)n;
	return n > 0;
}

static int take(struct transfer_input *in, void *data, size_t n, struct err *e)
{
	for (size_t done = 0; done < n;) {
		int r = fill(in, e);
		size_t now = in->end - in->at < n - done ? in->end - in->at : n - done;

		if (r <= 0)
			return r < 0 ? -1 : err_set(e, "%s: ends early", in->what);
		memcpy((char *)data + done, in->ahead + in->at, now);
		in->at += now;
		done += now;
	}
	in->bytes += n;
	return 0;
}

int transfer_take(void *input, void *data, size_t n, struct err *e)
{
	struct transfer_input *in = input;

	if (take(in, data, n, e) < 0)
		return -1;
	digest_add(&in->digest, data, n);
	return 0;
}

int transfer_check(struct transfer_input *in, struct err *e)
{
	char found[DIGEST_LEN], sent[DIGEST_LEN];
	int r;

	digest_end(&in->digest, found);
	if (take(in, sent, sizeof(sent), e) < 0)
		return -1;
	if (sent[DIGEST_LEN - 1] != '\n')
		return err_set(e, "%s: no digest at its end", in->what);
	sent[DIGEST_LEN - 1] = '\0';
	if (!str_equal(sent, found))
		return err_set(e, "%s: damaged: its digest is %s, not %s", in->what, found, sent);
	r = fill(in, e);
	return r > 0 ? err_set(e, "%s: data after its end", in->what) : r;
}

static int bad(const struct transfer_input *in, const char *what, const char *value, struct err *e)
{
	return err_set(e, "%s: invalid %s \"%.100s\"", in->what, what, value ? value : "");
}

static int read_identity(const struct transfer_input *in, const struct record *r, const char *key,
			 bool *has, struct subvolsend_identity *id, struct err *e)
{
	const char *text = record_get(r, key);

	*has = text;
	return text && subvolsend_identity_read(text, id) < 0 ? bad(in, key, text, e) : 0;
}

/* The files and subvolumes that an object of the kind has; SIZE_MAX: a file of any size. */
static bool is_part(const char *kind, const struct transfer_part *p)
{
	static const struct {
		const char *kind, *name;
		bool subvolume;
		uint64_t max;
	} known[] = {
		{"img", "config", false, CONFIG_MAX},
		{"img", "rootfs", true, 0},
		{"ps", "config", false, CONFIG_MAX},
		{"ps", "exit", false, EXIT_MAX},
		{"ps", "log", false, INT64_MAX},
		{"ps", "log.1", false, INT64_MAX},
		{"ps", "rootfs", true, 0},
		{"vol", "config", false, CONFIG_MAX},
		{"vol", "data", true, 0},
	};
	uint64_t number;
	struct err ignored;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (str_equal(kind, known[i].kind) && str_equal(p->name, known[i].name))
			return p->subvolume == known[i].subvolume && p->size <= known[i].max;
	return str_equal(kind, "ps") && p->subvolume && str_starts(p->name, "data-") &&
		num_uint(p->name + 5, 0, MOMENT_FILES, &number, &ignored) == 0;
}

static int read_part(const struct transfer_input *in, struct transfer *t, const char *text,
		     struct err *e)
{
	struct transfer_part *p = &t->parts[t->n];
	own_strv struct strv words = {0};
	struct err ignored;

	strv_split(&words, text, ' ');
	if (t->n == TRANSFER_PARTS || words.n < 2 || strlen(words.v[0]) >= sizeof(p->name))
		return bad(in, "part", text, e);
	*p = (struct transfer_part){.subvolume = str_equal(words.v[1], subvolume)};
	memcpy(p->name, words.v[0], strlen(words.v[0]) + 1);
	if (p->subvolume ? words.n != 2
			 : words.n != 3 || !str_equal(words.v[1], "file") ||
			    num_uint(words.v[2], 0, INT64_MAX, &p->size, &ignored) < 0)
		return bad(in, "part", text, e);
	for (size_t i = 0; i < t->n; i++)
		if (str_equal(t->parts[i].name, p->name))
			return bad(in, "part", text, e);
	if (!is_part(t->kind, p))
		return bad(in, "part", text, e);
	t->n++;
	return 0;
}

static bool has_part(const struct transfer *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_equal(t->parts[i].name, name))
			return true;
	return false;
}

static int read_parts(const struct transfer_input *in, const struct record *header,
		      struct transfer *t, struct err *e)
{
	own_strv struct strv parts = {0};

	record_get_list(header, "part", &parts);
	for (size_t i = 0; i < parts.n; i++)
		if (read_part(in, t, parts.v[i], e) < 0)
			return -1;
	if (!has_part(t, "config") || !has_part(t, str_equal(t->kind, "vol") ? "data" : "rootfs"))
		return err_set(e, "%s: a part is missing", in->what);
	return str_equal(t->kind, "ps") && !has_part(t, "exit")
		? err_set(e, "%s: the part \"exit\" is missing", in->what)
		: 0;
}

static int read_header(const struct transfer_input *in, const struct record *header,
		       struct transfer *t, struct err *e)
{
	const char *kind = record_get(header, "kind");
	bool identified;

	if (!str_equal(kind, "img") && !str_equal(kind, "ps") && !str_equal(kind, "vol"))
		return bad(in, "kind", kind, e);
	memcpy(t->kind, kind, strlen(kind) + 1);
	record_get_list(header, "name", &t->names);
	if (t->names.n > (str_equal(kind, "img") ? NAMES_MAX : 1))
		return err_set(e, "%s: too many names", in->what);
	t->read_only = record_get(header, "read-only");
	if (read_identity(in, header, "identity", &identified, &t->identity, e) < 0 ||
	    read_identity(in, header, "parent", &t->has_parent, &t->parent, e) < 0 ||
	    read_identity(in, header, "image", &t->has_image, &t->image, e) < 0)
		return -1;
	if (!identified)
		return bad(in, "identity", NULL, e);
	return read_parts(in, header, t, e);
}

/* The length of the header. */
static int read_first_line(struct transfer_input *in, uint64_t *length, struct err *e)
{
	char line[32];
	struct err ignored;
	size_t n;

	for (n = 0; n < sizeof(line); n++) {
		if (transfer_take(in, line + n, 1, e) < 0)
			return -1;
		if (line[n] == '\n')
			break;
	}
	if (n == sizeof(line) || memcmp(line, first_line, sizeof(first_line) - 1) != 0)
		return err_set(e, "%s: not from ct-send", in->what);
	line[n] = '\0';
	return num_uint(line + sizeof(first_line) - 1, 1, HEADER_MAX, length, &ignored) < 0
		? err_set(e, "%s: not from ct-send", in->what)
		: 0;
}

int transfer_read(struct transfer_input *in, struct transfer *t, struct err *e)
{
	own_record struct record header = {0};
	own_buf struct buf text = {0};
	uint64_t length;

	*t = (struct transfer){0};
	digest_begin(&in->digest);
	if (read_first_line(in, &length, e) < 0)
		return -1;
	text.data = mem_alloc(length + 1);
	text.len = length;
	text.cap = length + 1;
	if (transfer_take(in, text.data, length, e) < 0)
		return -1;
	if (memchr(text.data, '\0', length))
		return err_set(e, "%s: invalid header", in->what);
	if (record_parse(&text, "header", &header, e) < 0)
		return err_wrap(e, "%s", in->what);
	if (read_header(in, &header, t, e) == 0)
		return 0;
	transfer_free(t);
	return -1;
}

/* --- parents --- */

int transfer_open(const struct store *s, const char *id, struct err *e)
{
	own_str char *path = str_fmt("%s/%s", id, id_is(id, "vol") ? "data" : "rootfs");
	own_fd int fd = openat(s->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "%s", path);
	if (id_is(id, "ps") || !subvol_is_read_only(fd))
		return err_set(e, "%s: can change, so nothing can be a difference to it", id);
	return take_fd(&fd);
}

int transfer_find(const struct store *s, const struct subvolsend_identity *identity,
		  char id[ID_LEN], struct err *e)
{
	own_strv struct strv ids = {0};
	struct subvolsend_identity found;

	if (store_list(s, "img", &ids, e) < 0 || store_list(s, "vol", &ids, e) < 0)
		return -1;
	for (size_t i = ids.n; i-- > 0;) {
		own_fd int fd = transfer_open(s, ids.v[i], e);

		if (fd < 0 || subvolsend_identity(fd, &found, e) < 0 ||
		    !subvolsend_identity_same(&found, identity))
			continue;
		snprintf(id, ID_LEN, "%s", ids.v[i]);
		return take_fd(&fd);
	}
	return err_code(e, ENOENT, "not in this store");
}
