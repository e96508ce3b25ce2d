#include "unit.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/own.h"
#include "store/names.h"

static struct err e;

/* Names need no btrfs: a directory with the layout of a store suffices. */
static int make(void **state)
{
	struct scratch *s;
	int failed = scratch_make(state);

	s = *state;
	return failed || mkdirat(s->dir, "names", 0700) || mkdirat(s->dir, "names/img", 0700) ||
		mkdirat(s->dir, "names/ps", 0700);
}

#define store_of(state)                                         \
	{                                                       \
		.root = ((struct scratch *)*(state))->dir,      \
		.root_path = ((struct scratch *)*(state))->path \
	}

static void add_object(const struct store *s, const char *id)
{
	assert_int_equal(mkdirat(s->root, id, 0700), 0);
}

static void a_container_name_is_letters_digits_and_a_little_more(void **state)
{
	static const char *const good[] = {"a",   "7",    "web-1.old_x", "A",    "ps",
					   "ps_", "ps_x", "ps_042",      "img-1"};
	static const char *const bad[] = {"",         ".",     "..",       "../x",  "a/b",
					  "-a",       "_a",    ".a",       "a b",   "a\nb",
					  "\xc3\xa4", "a%2Fb", "ps_42002", "img_1", "ps_1"};
	char edge[65];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(name_check_container(good[i], &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(name_check_container(bad[i], &e), -1);
		assert_non_null(strstr(e.msg, "not a name for a container"));
		assert_memory_equal(e.msg, bad[i], strlen(bad[i]));
	}
	memset(edge, 'a', sizeof(edge));
	edge[64] = '\0';
	assert_int_equal(name_check_container(edge, &e), -1);
	edge[63] = '\0';
	assert_int_equal(name_check_container(edge, &e), 0);
}

static void an_image_name_without_a_tag_is_latest(void **state)
{
	static const char *const pairs[][2] = {
		{"alpine", "alpine:latest"},
		{"a/b/c", "a/b/c:latest"},
		{"alpine:3.18", "alpine:3.18"},
		{"host:5000/a", "host:5000/a:latest"},
		{"host:5000/a:V_1", "host:5000/a:V_1"},
		{"Reg.Example.ORG/a__b", "Reg.Example.ORG/a__b:latest"},
		{"a--b.c", "a--b.c:latest"},
		{"localhost/a", "localhost/a:latest"},
		{"img:1", "img:1"},
		{"h:1/img_42002", "h:1/img_42002:latest"},
		{"library/alpine", "alpine:latest"},
		{"docker.io/library/alpine", "alpine:latest"},
		{"index.docker.io/alpine:1", "alpine:1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		own_str char *full = name_check_image(pairs[i][0], &e);
		own_str char *again = full ? name_check_image(full, &e) : NULL;

		assert_non_null(full);
		assert_string_equal(full, pairs[i][1]);
		assert_string_equal(again, full);
	}
}

static void invalid_image_names_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"/",
		"a/",
		"/a",
		"a//b",
		"Alpine",
		"FOO/bar",
		"../x",
		"a/../b",
		".",
		"-a",
		"a-",
		"a:",
		":a",
		"a:b:c",
		"a:-x",
		"a:.x",
		"a:b/c",
		"host:port/a",
		"host:123456/a",
		"a b",
		"a\nb",
		"a%2Fb",
		"a@b",
		"a@sha256:0000000000000000000000000000000000000000000000000000000000000000",
		"img_42002",
		"ps_1",
		"img_42002:x",
		"library/img_42002",
		"docker.io/img_1",
		"vol_7:1",
		"a..b",
	};
	char tag[140] = "a:";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		own_str char *full = name_check_image(bad[i], &e);

		if (full)
			print_error("%s\n", bad[i]);
		assert_null(full);
		assert_non_null(strstr(e.msg, "not a name for an image"));
	}
	memset(tag + 2, 'x', 129);
	assert_null(name_check_image(tag, &e));
}

static void a_name_is_resolved_until_its_object_is_gone(void **state)
{
	struct store s = store_of(state);
	char id[ID_LEN];

	add_object(&s, "ps_42002");
	assert_int_equal(name_take(&s, "ps", "web", "ps_42002", &e), 0);
	assert_int_equal(name_resolve(&s, "ps", "web", id, &e), 0);
	assert_string_equal(id, "ps_42002");
	assert_int_equal(name_resolve(&s, "ps", "ps_42002", id, &e), 0);
	assert_string_equal(id, "ps_42002");
	assert_int_equal(unlinkat(s.root, "ps_42002", AT_REMOVEDIR), 0);
	assert_refused(name_resolve(&s, "ps", "web", id, &e), &e, "web: no such container");
	assert_refused(name_resolve(&s, "ps", "ps_42002", id, &e), &e,
		       "ps_42002: no such container");
}

static void a_taken_container_name_is_refused_and_a_free_one_is_not(void **state)
{
	struct store s = store_of(state);
	char id[ID_LEN];

	add_object(&s, "ps_42002");
	add_object(&s, "ps_42003");
	assert_int_equal(name_take(&s, "ps", "web", "ps_42002", &e), 0);
	assert_int_equal(name_take(&s, "ps", "web", "ps_42002", &e), 0);
	assert_int_equal(name_take(&s, "ps", "web", "ps_42003", &e), -1);
	assert_string_equal(e.msg, "web: the name is taken by ps_42002");
	assert_int_equal(e.sys, EEXIST);
	assert_int_equal(unlinkat(s.root, "ps_42002", AT_REMOVEDIR), 0);
	assert_int_equal(name_take(&s, "ps", "web", "ps_42003", &e), 0);
	assert_int_equal(name_resolve(&s, "ps", "web", id, &e), 0);
	assert_string_equal(id, "ps_42003");
}

static void an_image_name_moves_and_the_other_names_stay(void **state)
{
	struct store s = store_of(state);
	own_strv struct strv first = {0}, second = {0}, names = {0}, ids = {0};

	add_object(&s, "img_42002");
	add_object(&s, "img_42003");
	assert_int_equal(name_take(&s, "img", "x/y", "img_42002", &e), 0);
	assert_int_equal(name_take(&s, "img", "alpine", "img_42002", &e), 0);
	assert_int_equal(name_take(&s, "img", "alpine:latest", "img_42003", &e), 0);
	assert_int_equal(name_take(&s, "img", "a:1", "img_42003", &e), 0);
	assert_int_equal(name_list(&s, "img", "img_42002", &first, &e), 0);
	assert_int_equal(first.n, 1);
	assert_string_equal(first.v[0], "x/y:latest");
	assert_int_equal(name_list(&s, "img", "img_42003", &second, &e), 0);
	assert_int_equal(second.n, 2);
	assert_string_equal(second.v[0], "a:1");
	assert_string_equal(second.v[1], "alpine:latest");
	assert_int_equal(name_list_all(&s, "img", &names, &ids, &e), 0);
	assert_int_equal(names.n, 3);
	assert_int_equal(ids.n, 3);
}

static void a_name_is_dropped_only_for_its_object(void **state)
{
	struct store s = store_of(state);
	char id[ID_LEN];

	add_object(&s, "img_42002");
	assert_int_equal(name_take(&s, "img", "a", "img_42002", &e), 0);
	assert_int_equal(name_drop(&s, "img", "a", "img_42003", &e), 0);
	assert_int_equal(name_resolve(&s, "img", "a:latest", id, &e), 0);
	assert_int_equal(name_drop(&s, "img", "a", "img_42002", &e), 0);
	assert_refused(name_resolve(&s, "img", "a", id, &e), &e, "a: no such image");
	assert_int_equal(name_drop(&s, "img", "a", "img_42002", &e), 0);
}

static void an_id_of_another_kind_is_refused(void **state)
{
	struct store s = store_of(state);
	char id[ID_LEN];

	add_object(&s, "img_42002");
	assert_refused(name_resolve(&s, "ps", "img_42002", id, &e), &e,
		       "img_42002: is the id of an image, not of a container");
	assert_refused(name_resolve(&s, "img", "ps_42002", id, &e), &e,
		       "ps_42002: is the id of a container, not of an image");
}

static void a_name_never_leads_out_of_the_names(void **state)
{
	static const char *const bad[] = {"../../img_42002", "..",       ".", "",
					  "../ps/web",       "a/../../x"};
	struct store s = store_of(state);
	char id[ID_LEN];

	add_object(&s, "img_42002");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(name_resolve(&s, "img", bad[i], id, &e), -1);
		assert_non_null(strstr(e.msg, "no such image"));
		assert_int_equal(name_take(&s, "img", bad[i], "img_42002", &e), -1);
		assert_int_equal(name_take(&s, "ps", bad[i], "img_42002", &e), -1);
		assert_int_equal(name_drop(&s, "ps", bad[i], NULL, &e), -1);
	}
}

static void a_link_without_an_id_is_not_a_name(void **state)
{
	struct store s = store_of(state);
	char id[ID_LEN];

	assert_int_equal(symlinkat("../..", s.root, "names/ps/web"), 0);
	assert_int_equal(symlinkat("ps_42002_and_a_tail_that_is_too_long", s.root, "names/ps/long"),
			 0);
	assert_refused(name_resolve(&s, "ps", "web", id, &e), &e, "web: no such container");
	assert_refused(name_resolve(&s, "ps", "long", id, &e), &e, "long: no such container");
}

static void an_image_is_found_by_name_and_digest(void **state)
{
#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	static const char *const ref = "a/b@" DIGEST, *const with_tag = "docker.io/a/b:3@" DIGEST;
	struct store s = store_of(state);
	char id[ID_LEN];

	add_object(&s, "img_42002");
	assert_int_equal(name_take(&s, "img", ref, "img_42002", &e), 0);
	assert_int_equal(name_resolve(&s, "img", ref, id, &e), 0);
	assert_int_equal(name_resolve(&s, "img", with_tag, id, &e), 0);
	assert_string_equal(id, "img_42002");
	assert_int_equal(name_resolve(&s, "img", "a/b", id, &e), -1);
	assert_int_equal(name_resolve(&s, "img", "a/b:3", id, &e), -1);
	assert_int_equal(name_drop(&s, "img", with_tag, "img_42002", &e), 0);
	assert_int_equal(name_resolve(&s, "img", ref, id, &e), -1);
}

static void different_spellings_of_an_image_name_are_one_name(void **state)
{
	static const char *const ways[] = {"alpine",
					   "alpine:latest",
					   "library/alpine",
					   "docker.io/alpine",
					   "docker.io/library/alpine:latest",
					   "registry-1.docker.io/library/alpine"};
	struct store s = store_of(state);
	own_strv struct strv names = {0};
	char id[ID_LEN];

	add_object(&s, "img_42002");
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		assert_int_equal(name_take(&s, "img", ways[i], "img_42002", &e), 0);
		assert_int_equal(name_resolve(&s, "img", ways[i], id, &e), 0);
	}
	assert_int_equal(name_list(&s, "img", "img_42002", &names, &e), 0);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.v[0], "alpine:latest");
}

static void a_name_longer_than_a_file_name_is_refused(void **state)
{
	struct store s = store_of(state);
	char name[300];

	memset(name, 'a', sizeof(name));
	name[248] = '\0'; /* with ":latest" 255 */
	add_object(&s, "img_42002");
	assert_int_equal(name_take(&s, "img", name, "img_42002", &e), 0);
	name[248] = 'a';
	name[249] = '\0';
	assert_int_equal(name_take(&s, "img", name, "img_42002", &e), -1);
	assert_non_null(strstr(e.msg, "too long"));
	assert_null(name_check_image(name, &e));
	assert_non_null(strstr(e.msg, "too long"));
}

static void a_store_that_is_not_up_has_no_names(void **state)
{
	struct store s = {.root = -1, .run = -1};
	own_strv struct strv names = {0};
	char id[ID_LEN];

	(void)state;
	assert_refused(name_resolve(&s, "img", "a", id, &e), &e, "a: no such image");
	assert_int_equal(name_list(&s, "img", "img_42002", &names, &e), 0);
	assert_int_equal(names.n, 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, make, scratch_remove)

/* Podman's short names: podman names its own images localhost/NAME. */
static void a_short_name_means_the_image_on_localhost_if_there_is_none_of_the_name_itself(
	void **state)
{
	static const char *const found[] = {"foo", "foo:latest", "library/foo", "localhost/foo"};
	static const char *const not_found[] = {"docker.io/foo", "docker.io/library/foo", "foo:1",
						"localhost:1/foo", "host.x/foo"};
	struct store s = store_of(state);
	own_str char *meant = NULL, *other = NULL;
	char id[ID_LEN];

	add_object(&s, "img_42002");
	add_object(&s, "img_42003");
	assert_int_equal(name_take(&s, "img", "localhost/foo", "img_42002", &e), 0);
	for (size_t i = 0; i < sizeof(found) / sizeof(*found); i++) {
		assert_int_equal(name_resolve(&s, "img", found[i], id, &e), 0);
		assert_string_equal(id, "img_42002");
	}
	for (size_t i = 0; i < sizeof(not_found) / sizeof(*not_found); i++) {
		assert_int_equal(name_resolve(&s, "img", not_found[i], id, &e), -1);
		assert_int_equal(e.sys, ENOENT);
	}
	meant = name_meant(&s, "foo");
	assert_string_equal(meant, "localhost/foo:latest");
	assert_int_equal(name_holder(&s, "img", "foo", id), -1);
	assert_int_equal(name_take(&s, "img", "foo", "img_42003", &e), 0);
	assert_int_equal(name_resolve(&s, "img", "foo", id, &e), 0);
	assert_string_equal(id, "img_42003");
	other = name_meant(&s, "foo");
	assert_string_equal(other, "foo:latest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_container_name_is_letters_digits_and_a_little_more),
		cmocka_unit_test(an_image_name_without_a_tag_is_latest),
		cmocka_unit_test(invalid_image_names_are_refused),
		test(a_name_is_resolved_until_its_object_is_gone),
		test(a_taken_container_name_is_refused_and_a_free_one_is_not),
		test(an_image_name_moves_and_the_other_names_stay),
		test(a_name_is_dropped_only_for_its_object),
		test(an_id_of_another_kind_is_refused),
		test(a_name_never_leads_out_of_the_names),
		test(a_link_without_an_id_is_not_a_name),
		test(an_image_is_found_by_name_and_digest),
		test(a_short_name_means_the_image_on_localhost_if_there_is_none_of_the_name_itself),
		test(different_spellings_of_an_image_name_are_one_name),
		test(a_name_longer_than_a_file_name_is_refused),
		cmocka_unit_test(a_store_that_is_not_up_has_no_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
