#include "private_store.h"

#include <sys/wait.h>

#include "base/digest.h"
#include "base/own.h"
#include "base/str.h"
#include "image/import.h"
#include "store/image.h"
#include "store/layerstore.h"
#include "store/names.h"
#include "tars.h"

static struct err e;

enum { LAYERS = 3 };

/* An image of three layers, each with a file of its number. */
struct source {
	int fd[LAYERS];
	char diffid[LAYERS][DIGEST_LEN];
	unsigned opened, done; /* a bit a layer */
	size_t fails;          /* the layer that fails */
};

static void source_make(struct source *src)
{
	*src = (struct source){.fails = LAYERS};
	for (size_t i = 0; i < LAYERS; i++) {
		struct made m = begin();
		char name[2] = {(char)('0' + i)}, tar[8192];
		ssize_t n;

		add(&m, name, S_IFREG, "x");
		src->fd[i] = end(&m);
		n = read(src->fd[i], tar, sizeof(tar));
		assert_true(n > 0 && n < (ssize_t)sizeof(tar));
		digest_of(tar, (size_t)n, src->diffid[i]);
	}
}

static void source_close(const struct source *src)
{
	for (size_t i = 0; i < LAYERS; i++)
		close(src->fd[i]);
}

static int open_layer(void *arg, size_t i, struct err *why)
{
	struct source *src = arg;
	char path[32];

	if (i == src->fails)
		return err_set(why, "no such layer");
	src->opened |= 1U << i;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", src->fd[i]);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void layer_done(void *arg, size_t i)
{
	struct source *src = arg;

	src->done |= 1U << i;
}

static int take(struct home *h, struct source *src, const char *config_digest, const char *name,
		char id[ID_LEN])
{
	own_record struct record config = {0};
	own_strv struct strv names = {0};
	struct import in = {.store = &h->s,
			    .config = &config,
			    .open = open_layer,
			    .done = layer_done,
			    .arg = src};

	for (size_t i = 0; i < LAYERS; i++)
		record_add(&config, "diffid", src->diffid[i]);
	record_add(&config, "config-digest", config_digest);
	record_add(&config, "cmd", "sh");
	strv_add(&names, name);
	strv_add(&names, "also:latest");
	return import_image(&in, &names, id, &e);
}

static void an_image_is_its_layers_with_its_config_and_names(void **state)
{
	struct home *h = *state;
	own_image struct image img = {0};
	own_strv struct strv layers = {0}, names = {0};
	char id[ID_LEN];
	struct source src;

	source_make(&src);
	assert_int_equal(take(h, &src, "sha256:1", "a:latest", id), 0);
	assert_true(src.opened == 7 && src.done == 7);
	assert_int_equal(image_open(&h->s, "a:latest", &img, &e), 0);
	assert_string_equal(img.id, id);
	for (int i = 0; i < LAYERS; i++)
		assert_int_equal(faccessat(img.rootfs, (char[]){(char)('0' + i), '\0'}, F_OK, 0),
				 0);
	assert_string_equal(record_get(&img.config, "cmd"), "sh");
	record_get_list(&img.config, "layer", &layers);
	assert_int_equal(layers.n, LAYERS);
	assert_true(layerstore_have(&h->s, layers.v[0]) && layerstore_have(&h->s, layers.v[2]));
	assert_int_equal(name_list(&h->s, "img", id, &names, &e), 0);
	assert_int_equal(names.n, 2);
	source_close(&src);
}

static void importing_the_same_image_keeps_its_id_and_fetches_no_layer(void **state)
{
	struct home *h = *state;
	char one[ID_LEN], two[ID_LEN], other[ID_LEN];
	struct source src;

	source_make(&src);
	assert_int_equal(take(h, &src, "sha256:1", "a:latest", one), 0);
	src.opened = 0;
	assert_int_equal(take(h, &src, "sha256:1", "b:latest", two), 0);
	assert_string_equal(one, two);
	assert_int_equal(src.opened, 0);
	assert_int_equal(name_resolve(&h->s, "img", "b:latest", two, &e), 0);
	/* Another image with the same layers, which takes the name. */
	assert_int_equal(take(h, &src, "sha256:2", "a:latest", other), 0);
	assert_string_not_equal(one, other);
	assert_int_equal(src.opened, 0);
	assert_int_equal(name_resolve(&h->s, "img", "a:latest", two, &e), 0);
	assert_string_equal(two, other);
	source_close(&src);
}

static void layers_done_before_a_failure_are_not_fetched_again(void **state)
{
	struct home *h = *state;
	own_strv struct strv ids = {0};
	char id[ID_LEN];
	struct source src;

	source_make(&src);
	src.fails = 2;
	assert_refused(take(h, &src, "sha256:1", "a:latest", id), &e, "no such layer");
	assert_true(src.opened == 3 && src.done == 3);
	assert_true(store_list(&h->s, "img", &ids, &e) == 0 && ids.n == 0);
	assert_int_equal(name_resolve(&h->s, "img", "a:latest", id, &e), -1);
	src.fails = LAYERS, src.opened = src.done = 0;
	assert_int_equal(take(h, &src, "sha256:1", "a:latest", id), 0);
	assert_true(src.opened == 4 && src.done == 7);
	source_close(&src);
}

static void concurrent_imports_make_one_image(void **state)
{
	enum { MANY = 6 };
	struct home *h = *state;
	own_strv struct strv ids = {0};
	pid_t pids[MANY];
	struct source src;
	char id[ID_LEN];
	int status;

	source_make(&src);
	for (int i = 0; i < MANY; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(take(h, &src, "sha256:1", "a:latest", id) == 0 &&
					      strcmp(id, "img_42002") == 0
				      ? 0
				      : 1);
	}
	for (int i = 0; i < MANY; i++)
		assert_true(waitpid(pids[i], &status, 0) == pids[i] && status == 0);
	assert_true(store_list(&h->s, "img", &ids, &e) == 0 && ids.n == 1);
	source_close(&src);
}

static void an_image_without_layers_is_an_empty_directory(void **state)
{
	struct home *h = *state;
	own_record struct record config = {0};
	own_strv struct strv names = {0};
	own_image struct image img = {0};
	struct import in = {.store = &h->s, .config = &config};
	char id[ID_LEN];
	struct stat st;

	umask(077);
	assert_int_equal(import_image(&in, &names, id, &e), 0);
	umask(022);
	assert_int_equal(image_open(&h->s, id, &img, &e), 0);
	assert_true(fstat(img.rootfs, &st) == 0 && (st.st_mode & 07777) == 0755);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_store(an_image_is_its_layers_with_its_config_and_names),
		unit_test_store(importing_the_same_image_keeps_its_id_and_fetches_no_layer),
		unit_test_store(layers_done_before_a_failure_are_not_fetched_again),
		unit_test_store(concurrent_imports_make_one_image),
		unit_test_store(an_image_without_layers_is_an_empty_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
