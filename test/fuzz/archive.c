/*
 * Any image archive, unpacked. The input is the format ('o': OCI, else docker save) and texts
 * between lines of "%%": the index, then files. In a text "@N" stands for the digest, "#N" for
 * the size and "&N" for the path of a later text, since random digests would hide what stands
 * behind them.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fd.h"
#include "base/own.h"
#include "fakejq.h"
#include "files.h"
#include "image/manifest.h"
#include "image/ocilayout.h"
#include "jail.h"

enum { TEXTS = 9 };

struct texts {
	struct buf v[TEXTS];
	char digest[TEXTS][DIGEST_LEN];
	size_t n;
	bool oci;
};

static void split(struct texts *t, const char *data, size_t n)
{
	while (t->n < TEXTS) {
		const char *end = memmem(data, n, "\n%%\n", 4);
		size_t len = end ? (size_t)(end - data) : n;

		buf_str(&t->v[t->n], "");
		buf_add(&t->v[t->n++], data, len);
		if (!end)
			return;
		data += len + 4;
		n -= len + 4;
	}
}

static void add_reference(const struct texts *t, char kind, size_t of, struct buf *out)
{
	if (kind == '@')
		buf_str(out, t->digest[of]);
	else if (kind == '#')
		buf_fmt(out, "%zu", t->v[of].len);
	else
		buf_fmt(out, "blobs/sha256/%s", digest_hex(t->digest[of]));
}

static void resolve(struct texts *t)
{
	for (size_t i = t->n; i-- > 0;) {
		const struct buf *from = &t->v[i];
		struct buf to = {0};

		buf_str(&to, "");
		for (size_t k = 0; k < from->len; k++) {
			size_t of = k + 1 < from->len ? (size_t)(from->data[k + 1] - '0') : 0;

			if (strchr("@#&", from->data[k]) && from->data[k] && of > i && of < t->n)
				add_reference(t, from->data[k++], of, &to);
			else
				buf_add(&to, from->data + k, 1);
		}
		buf_free(&t->v[i]);
		t->v[i] = to;
		digest_of(to.data, to.len, t->digest[i]);
	}
}

static void write_file(const char *path, const struct buf *text)
{
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || fd_write_all(fd, text->data, text->len) < 0)
		abort();
}

static void read_image(int dir, const char *image)
{
	own_ocilayout struct ocilayout l = {.dir = -1};
	own_strv struct strv names = {0};
	struct err e;

	if (ocilayout_read(dir, "fuzz", image, &l, &e) < 0)
		return;
	ocilayout_names(&l, &names, &e);
	for (size_t i = 0; i < l.layers.n; i++) {
		int fd = ocilayout_open(&l, i, &e);

		if (fd >= 0)
			close(fd);
	}
}

static void read_archive(void *arg)
{
	const struct texts *t = arg;
	own_strv struct strv images = {0};
	own_fd int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct buf empty = {.data = (char[]){""}};
	struct err e;

	mkdir("blobs", 0700);
	mkdir("blobs/sha256", 0700);
	if (t->oci)
		write_file("oci-layout", &empty);
	write_file(t->oci ? "index.json" : "manifest.json", &t->v[0]);
	for (size_t i = 1; i < t->n; i++) {
		own_str char *path = str_fmt("blobs/sha256/%s", digest_hex(t->digest[i]));

		write_file(path, &t->v[i]);
	}
	ocilayout_found(dir);
	if (ocilayout_list(dir, "fuzz", &images, &e) == 0)
		for (size_t i = 0; i < images.n && i < TEXTS; i++)
			read_image(dir, images.v[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct texts t = {.oci = n > 0 && *data == 'o'};

	if (n == 0)
		return 0;
	split(&t, (const char *)data + 1, n - 1);
	resolve(&t);
	jail_run(read_archive, &t);
	for (size_t i = 0; i < TEXTS; i++)
		buf_free(&t.v[i]);
	return 0;
}
