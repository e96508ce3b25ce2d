#include "unit.h"

#include <sys/stat.h>

#include "base/digest.h"
#include "base/own.h"
#include "base/str.h"
#include "image/manifest.h"
#include "image/ocilayout.h"

static struct err e;

static void put(const struct scratch *s, const char *name, const char *text)
{
	own_fd int fd = openat(s->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void an_oci_layout_and_a_list_of_images_are_found(void **state)
{
	struct scratch *s = *state;

	assert_false(ocilayout_found(s->dir));
	put(s, "manifest.json", "{\"name\": \"a web application\"}");
	assert_false(ocilayout_found(s->dir));
	put(s, "manifest.json", "\n [{}]");
	assert_true(ocilayout_found(s->dir));
	unlinkat(s->dir, "manifest.json", 0);
	put(s, "oci-layout", "{}");
	assert_true(ocilayout_found(s->dir));
}

static void a_root_file_system_is_not_taken_for_an_archive(void **state)
{
	static const char *const dirs[] = {"bin", "sbin", "lib", "usr", "etc"};
	struct scratch *s = *state;

	put(s, "oci-layout", "{}");
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		mkdirat(s->dir, dirs[i], 0700);
		assert_false(ocilayout_found(s->dir));
		unlinkat(s->dir, dirs[i], AT_REMOVEDIR);
	}
	scratch_link(s, "usr/lib", "lib");
	assert_false(ocilayout_found(s->dir));
}

static void files_that_are_not_regular_are_ignored_without_waiting(void **state)
{
	struct scratch *s = *state;

	mkdirat(s->dir, "oci-layout", 0700);
	mkfifoat(s->dir, "manifest.json", 0600);
	assert_false(ocilayout_found(s->dir));
}

/* A docker archive with one layer of that name. */
static struct ocilayout saved(const struct scratch *s, const char *layer, const char *tag)
{
	own_str char *manifest = str_fmt(
		"[{\"Config\": \"c\", \"Layers\": [\"%s\"], \"RepoTags\": [\"%s\"]}]", layer, tag);
	own_str char *config = str_fmt(
		"{\"os\": \"linux\", \"architecture\": \"amd64\", \"config\": {\"Cmd\": [\"/a\"]},"
		"\"rootfs\": {\"type\": \"layers\", \"diff_ids\": [\"sha256:%064d\"]}}",
		0);
	struct ocilayout l;

	put(s, "manifest.json", manifest);
	put(s, "c", config);
	assert_int_equal(ocilayout_read(s->dir, "archive", "", &l, &e), 0);
	return l;
}

static void the_config_of_a_docker_archive_is_read_with_its_digest(void **state)
{
	struct scratch *s = *state;
	own_ocilayout struct ocilayout l = saved(s, "l", "a");

	assert_string_equal(record_get(&l.config, "cmd"), "/a");
	assert_true(digest_is(record_get(&l.config, "config-digest")));
	assert_null(record_get(&l.config, "digest"));
	assert_int_equal(l.layers.n, 1);
}

static void a_layer_may_be_a_link_to_another_but_not_to_a_file_outside(void **state)
{
	struct scratch *s = *state;
	own_ocilayout struct ocilayout l = saved(s, "dir/link", "a");
	own_fd int fd = -1;

	mkdirat(s->dir, "dir", 0700);
	put(s, "other", "x");
	scratch_link(s, "../other", "dir/link");
	fd = ocilayout_open(&l, 0, &e);
	assert_true(fd >= 0);
	unlinkat(s->dir, "dir/link", 0);
	scratch_link(s, "../../../../../../etc/passwd", "dir/link");
	assert_refused(ocilayout_open(&l, 0, &e), &e,
		       "archive: dir/link: No such file or directory");
	unlinkat(s->dir, "dir/link", 0);
	mkfifoat(s->dir, "dir/link", 0600);
	assert_refused(ocilayout_open(&l, 0, &e), &e, "archive: dir/link: Invalid argument");
}

static void a_layer_with_a_digest_must_have_it_and_its_size(void **state)
{
	struct descriptor blob = {.size = 1};
	struct ocilayout l = {.what = "archive", .blobs = &blob};
	struct scratch *s = *state;
	own_str char *path = NULL, *sentence = NULL;
	own_fd int fd = -1;

	digest_of("x", 1, blob.digest);
	path = str_fmt("blobs/sha256/%s", digest_hex(blob.digest));
	mkdirat(s->dir, "blobs", 0700);
	mkdirat(s->dir, "blobs/sha256", 0700);
	l.dir = s->dir;
	put(s, path, "x");
	fd = ocilayout_open(&l, 0, &e);
	assert_true(fd >= 0 && lseek(fd, 0, SEEK_CUR) == 0);
	put(s, path, "y");
	sentence = str_fmt("archive: %s: its content has another digest", path);
	assert_refused(ocilayout_open(&l, 0, &e), &e, sentence);
	put(s, path, "xx");
	free(sentence);
	sentence = str_fmt("archive: %s: 2 bytes, not 1", path);
	assert_refused(ocilayout_open(&l, 0, &e), &e, sentence);
}

static void names_are_in_the_stores_form(void **state)
{
	own_ocilayout struct ocilayout l = saved(*state, "l", "docker.io/library/alpine");
	own_strv struct strv names = {0};

	assert_int_equal(ocilayout_names(&l, &names, &e), 0);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.v[0], "alpine:latest");
}

static void a_name_by_digest_gets_the_digest_of_the_image(void **state)
{
	own_str char *said = str_fmt("alpine@sha256:%064d", 0), *own = str_fmt("sha256:%064d", 1);
	own_str char *expected = str_fmt("alpine@%s", own);
	own_ocilayout struct ocilayout l = saved(*state, "l", said);
	own_strv struct strv names = {0};

	assert_int_equal(ocilayout_names(&l, &names, &e), 0);
	assert_int_equal(names.n, 0);
	strv_add(&l.digests, own);
	assert_int_equal(ocilayout_names(&l, &names, &e), 0);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.v[0], expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(an_oci_layout_and_a_list_of_images_are_found),
		unit_test_scratch(a_root_file_system_is_not_taken_for_an_archive),
		unit_test_scratch(files_that_are_not_regular_are_ignored_without_waiting),
		unit_test_scratch(the_config_of_a_docker_archive_is_read_with_its_digest),
		unit_test_scratch(a_layer_may_be_a_link_to_another_but_not_to_a_file_outside),
		unit_test_scratch(a_layer_with_a_digest_must_have_it_and_its_size),
		unit_test_scratch(names_are_in_the_stores_form),
		unit_test_scratch(a_name_by_digest_gets_the_digest_of_the_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
