#include "unit.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/fd.h"
#include "base/own.h"
#include "image/ociarchive.h"

static struct err e;

static const struct descriptor manifest = {
	.type = "application/vnd.oci.image.manifest.v1+json",
	.digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	.size = 5,
};

/* The content of the archive, "NAME:CONTENT\n" for each file. */
static void list(const struct scratch *s, struct buf *out)
{
	struct archive *a = archive_read_new();
	own_str char *path = str_fmt("%s/tar", s->path);
	struct archive_entry *entry;
	char text[1000];
	la_ssize_t n;

	archive_read_support_format_tar(a);
	assert_int_equal(archive_read_open_filename(a, path, 512), ARCHIVE_OK);
	while (archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		n = archive_read_data(a, text, sizeof(text));
		assert_true(n >= 0);
		buf_fmt(out, "%s:%.*s\n", archive_entry_pathname(entry), (int)n, text);
	}
	archive_read_free(a);
}

static int create(const struct scratch *s)
{
	return openat(s->dir, "tar", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static void an_archive_has_the_version_the_index_and_the_blobs(void **state)
{
	own_fd int fd = create(*state);
	own_ociarchive struct ociarchive o = {0};
	own_buf struct buf out = {0};

	assert_int_equal(ociarchive_begin(&o, fd, "out", &manifest, "a:b", &e), 0);
	assert_int_equal(ociarchive_blob(&o, &manifest, &e), 0);
	assert_int_equal(ociarchive_data(&o, "wh", 2, &e), 0);
	assert_int_equal(ociarchive_data(&o, "ole", 3, &e), 0);
	assert_int_equal(ociarchive_end(&o, &e), 0);
	list(*state, &out);
	assert_string_equal(
		out.data,
		"oci-layout:{\"imageLayoutVersion\":\"1.0.0\"}\n"
		"index.json:{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
		"\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
		"\"digest\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"size\":5,"
		"\"annotations\":{\"org.opencontainers.image.ref.name\":\"a:b\",\"io.containerd.image.name\":\"docker.io/library/a:b\"}}]}\n"
		"blobs/sha256/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855:whole\n");
}

static void a_blob_with_more_bytes_than_its_size_is_refused(void **state)
{
	own_fd int fd = create(*state);
	own_ociarchive struct ociarchive o = {0};

	assert_int_equal(ociarchive_begin(&o, fd, "out", &manifest, "a:b", &e), 0);
	assert_int_equal(ociarchive_blob(&o, &manifest, &e), 0);
	assert_refused(ociarchive_data(&o, "wholes", 6, &e), &e,
		       "out: a blob is larger than its descriptor says");
}

static void an_unfinished_archive_has_no_end_mark(void **state)
{
	const struct scratch *s = *state;
	own_fd int fd = create(s);
	struct ociarchive o = {0};
	own_buf struct buf text = {0};

	assert_int_equal(ociarchive_begin(&o, fd, "out", &manifest, "a:b", &e), 0);
	ociarchive_close(&o);
	assert_int_equal(file_read(s->dir, "tar", 1 << 20, &text, &e), 0);
	assert_true(text.len < 1024 ||
		    memcmp(text.data + text.len - 1024, (char[1024]){0}, 1024) != 0);
}

static void a_full_disk_is_reported(void **state)
{
	own_fd int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	own_ociarchive struct ociarchive o = {0};

	(void)state;
	if (ociarchive_begin(&o, fd, "out", &manifest, "a:b", &e) == 0 &&
	    ociarchive_blob(&o, &manifest, &e) == 0 && ociarchive_data(&o, "whole", 5, &e) == 0)
		assert_int_equal(ociarchive_end(&o, &e), -1);
	assert_string_equal(e.msg, "out: No space left on device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(an_archive_has_the_version_the_index_and_the_blobs),
		unit_test_scratch(a_blob_with_more_bytes_than_its_size_is_refused),
		unit_test_scratch(an_unfinished_archive_has_no_end_mark),
		unit_test_scratch(a_full_disk_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
