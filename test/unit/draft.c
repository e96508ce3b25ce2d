#include "private_store.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/lock.h"
#include "base/own.h"
#include "kernel/subvol.h"
#include "store/draft.h"
#include "store/names.h"

static struct err e;

static struct store *store_of(void **state)
{
	return &((struct home *)*state)->s;
}

static bool exists(const struct store *s, const char *name)
{
	return faccessat(s->root, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static size_t drafts(const struct store *s)
{
	own_dir DIR *d = fdopendir(openat(s->root, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	size_t n = 0;

	for (struct dirent *entry; (entry = readdir(d));)
		n += entry->d_name[0] != '.';
	return n;
}

static void begin(const struct store *s, struct draft *d)
{
	assert_int_equal(draft_begin(s, d, &e), 0);
	assert_int_equal(subvol_create(d->dir, "rootfs", &e), 0);
	assert_int_equal(file_write(d->dir, "rootfs/file", 0600, "x", 1, &e), 0);
	assert_int_equal(file_write(d->dir, "config", 0600, "a=b\n", 4, &e), 0);
}

static void publish(const struct store *s, const char *id, const char *name)
{
	struct draft d;

	begin(s, &d);
	assert_int_equal(draft_publish(s, &d, id, name, &e), 0);
	assert_int_equal(d.dir, -1);
	draft_drop(s, &d);
	assert_true(exists(s, id));
}

static void a_published_draft_is_an_object(void **state)
{
	struct store *s = store_of(state);

	publish(s, "img_42002", NULL);
	assert_true(exists(s, "img_42002/rootfs/file"));
	assert_int_equal(drafts(s), 0);
}

static void an_object_is_never_published_over(void **state)
{
	struct store *s = store_of(state);
	struct draft d;
	char id[ID_LEN];

	publish(s, "ps_42002", NULL);
	begin(s, &d);
	assert_int_equal(draft_publish(s, &d, "ps_42002", "web", &e), -1);
	assert_int_equal(e.sys, EEXIST);
	assert_true(d.dir >= 0);
	assert_int_equal(name_resolve(s, "ps", "web", id, &e), -1);
	draft_drop(s, &d);
	assert_int_equal(drafts(s), 0);
}

static void a_name_that_is_taken_keeps_the_draft_from_being_seen(void **state)
{
	struct store *s = store_of(state);
	struct draft d;
	char id[ID_LEN];

	publish(s, "ps_42002", "web");
	begin(s, &d);
	assert_int_equal(draft_publish(s, &d, "ps_42003", "web", &e), -1);
	assert_int_equal(e.sys, EEXIST);
	assert_false(exists(s, "ps_42003"));
	assert_int_equal(name_resolve(s, "ps", "web", id, &e), 0);
	assert_string_equal(id, "ps_42002");
	draft_drop(s, &d);
}

static void one_of_many_concurrent_drafts_gets_the_name(void **state)
{
	struct store *s = store_of(state);
	int status, won = 0;
	struct draft d;
	char id[ID_LEN];

	for (int i = 0; i < 20; i++)
		if (fork() == 0) {
			if (draft_begin(s, &d, &e) < 0 || store_new_id(s, "ps", id, &e) < 0)
				_exit(2);
			if (draft_publish(s, &d, id, "web", &e) == 0)
				_exit(0);
			draft_drop(s, &d);
			_exit(e.sys == EEXIST ? 1 : 2);
		}
	while (wait(&status) > 0) {
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		won += WEXITSTATUS(status) == 0;
	}
	assert_int_equal(won, 1);
	assert_int_equal(name_resolve(s, "ps", "web", id, &e), 0);
	assert_int_equal(drafts(s), 0);
}

static void an_image_takes_over_a_name(void **state)
{
	struct store *s = store_of(state);
	char id[ID_LEN];

	publish(s, "img_42002", "alpine");
	publish(s, "img_42003", "alpine");
	assert_int_equal(name_resolve(s, "img", "alpine", id, &e), 0);
	assert_string_equal(id, "img_42003");
	assert_true(exists(s, "img_42002"));
}

static void an_exchange_replaces_the_object_and_keeps_its_names(void **state)
{
	struct store *s = store_of(state);
	struct draft d;
	char id[ID_LEN];

	publish(s, "img_42002", "alpine");
	begin(s, &d);
	assert_int_equal(file_write(d.dir, "rootfs/new", 0600, "x", 1, &e), 0);
	assert_int_equal(draft_exchange(s, &d, "img_42002", &e), 0);
	assert_true(exists(s, "img_42002/rootfs/new"));
	assert_int_equal(name_resolve(s, "img", "alpine", id, &e), 0);
	assert_int_equal(drafts(s), 0);
	begin(s, &d);
	assert_int_equal(draft_exchange(s, &d, "img_42003", &e), -1);
	draft_drop(s, &d);
}

static void a_replaced_object_stays_while_it_is_locked(void **state)
{
	struct store *s = store_of(state);
	own_fd int lock = -1;
	struct draft d;

	publish(s, "img_42002", NULL);
	lock = lock_take(s->root, "img_42002", &e);
	begin(s, &d);
	assert_int_equal(draft_exchange(s, &d, "img_42002", &e), 0);
	assert_int_equal(drafts(s), 1);
	assert_int_equal(faccessat(lock, "rootfs/file", F_OK, 0), 0);
	close(take_fd(&lock));
	assert_int_equal(draft_sweep(s, &e), 0);
	assert_int_equal(drafts(s), 0);
}

static void a_draft_of_a_dead_process_is_swept_and_of_a_live_one_kept(void **state)
{
	struct store *s = store_of(state);
	struct draft live, dead;
	int status;

	begin(s, &live);
	if (fork() == 0) {
		begin(s, &dead);
		kill(getpid(), SIGKILL);
	}
	wait(&status);
	assert_int_equal(drafts(s), 2);
	store_close(s);
	assert_int_equal(store_open(s, STORE_UP, &e), 0);
	assert_int_equal(drafts(s), 1);
	assert_true(exists(s, live.name));
	draft_drop(s, &live);
	assert_int_equal(drafts(s), 0);
}

static void names_that_a_killed_process_left_go_with_its_draft(void **state)
{
	static const char *const dangling[] = {"names/img/a:latest", "names/ps/web",
					       "names/vol/data"};
	static const char *const to[] = {"img_50000", "ps_50000", "vol_50000"};
	struct store *s = store_of(state);
	struct draft dead;
	int status;

	publish(s, "ps_42002", "kept");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(symlinkat(to[i], s->root, dangling[i]), 0);
	assert_int_equal(symlinkat("img_50000", s->root, "names/.new"), 0);
	if (fork() == 0) {
		begin(s, &dead);
		kill(getpid(), SIGKILL);
	}
	wait(&status);
	assert_int_equal(draft_sweep(s, &e), 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(faccessat(s->root, dangling[i], F_OK, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(faccessat(s->root, "names/.new", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	assert_true(exists(s, "names/ps/kept"));
}

static void a_name_is_given_back_only_by_its_holder(void **state)
{
	struct store *s = store_of(state);
	char id[ID_LEN];

	publish(s, "img_42002", "a");
	publish(s, "img_42003", "a");
	name_give_back(s, "img", "a", "img_42002", "");
	assert_int_equal(name_resolve(s, "img", "a", id, &e), 0);
	assert_string_equal(id, "img_42003");
	name_give_back(s, "img", "a", "img_42003", "img_42002");
	assert_int_equal(name_resolve(s, "img", "a", id, &e), 0);
	assert_string_equal(id, "img_42002");
	name_give_back(s, "img", "a", "img_42002", "");
	assert_int_equal(name_resolve(s, "img", "a", id, &e), -1);
}

static void removal_removes_an_object_with_all_its_names(void **state)
{
	struct store *s = store_of(state);

	publish(s, "img_42002", "a");
	publish(s, "ps_42002", "web");
	assert_int_equal(draft_unpublish(s, "img_42002", &e), 0);
	assert_int_equal(draft_unpublish(s, "ps_42002", &e), 0);
	assert_false(exists(s, "img_42002"));
	assert_false(exists(s, "names/img/a:latest"));
	assert_false(exists(s, "names/ps/web"));
	assert_int_equal(drafts(s), 0);
	assert_int_equal(draft_unpublish(s, "img_42002", &e), 0);
}

static void a_name_that_moved_is_not_removed_with_its_first_owner(void **state)
{
	struct store *s = store_of(state);
	char id[ID_LEN];

	publish(s, "img_42002", "a");
	publish(s, "img_42003", "a");
	assert_int_equal(draft_unpublish(s, "img_42002", &e), 0);
	assert_int_equal(name_resolve(s, "img", "a", id, &e), 0);
}

/* A subvolume with nested read-only subvolumes, as a process of the container could make them. */
static int nest(int dir, int depth)
{
	own_fd int fd = -1;

	if (depth == 0)
		return 0;
	if (subvol_create(dir, "a", &e) < 0 || subvol_create(dir, "b", &e) < 0)
		return -1;
	fd = openat(dir, "a", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return nest(fd, depth - 1) < 0 ? -1 : subvol_set_read_only(fd, true, &e);
}

static void nested_subvolumes_are_removed_with_the_object(void **state)
{
	struct store *s = store_of(state);
	own_fd int rootfs = -1;

	publish(s, "ps_42002", NULL);
	rootfs = openat(s->root, "ps_42002/rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (nest(rootfs, 5) < 0 || subvol_set_read_only(rootfs, true, &e) < 0 ||
	    draft_unpublish(s, "ps_42002", &e) < 0)
		fail_msg("%s", e.msg);
	assert_false(exists(s, "ps_42002"));
	assert_int_equal(drafts(s), 0);
}

static void removal_follows_no_link(void **state)
{
	struct home *h = *state;
	own_str char *outside = str_fmt("%s/outside", h->path), *file = str_fmt("%s/file", outside);

	assert_int_equal(mkdir(outside, 0700), 0);
	assert_int_equal(file_write(AT_FDCWD, file, 0600, "x", 1, &e), 0);
	publish(&h->s, "ps_42002", NULL);
	assert_int_equal(symlinkat(outside, h->s.root, "ps_42002/link"), 0);
	assert_int_equal(symlinkat(outside, h->s.root, "ps_42002/rootfs/link"), 0);
	assert_int_equal(draft_unpublish(&h->s, "ps_42002", &e), 0);
	assert_int_equal(access(file, F_OK), 0);
}

static void mounted_files_in_an_object_are_not_deleted(void **state)
{
	struct home *h = *state;
	own_str char *inside = str_fmt("%s/ps_42002/mnt", h->s.root_path), *moved = NULL;
	own_dir DIR *d = NULL;

	publish(&h->s, "ps_42002", NULL);
	assert_int_equal(mkdir(inside, 0700), 0);
	assert_int_equal(mount(h->path, inside, NULL, MS_BIND, NULL), 0);
	assert_int_equal(draft_unpublish(&h->s, "ps_42002", &e), -1);
	assert_int_equal(e.sys, EBUSY);
	assert_string_equal(e.msg, "ps_42002: gone: remove mnt: Device or resource busy");
	assert_int_equal(access(h->s.run_path, F_OK), 0);
	d = fdopendir(openat(h->s.root, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	for (struct dirent *entry; (entry = readdir(d));)
		if (entry->d_name[0] != '.')
			moved = str_fmt("%s/tmp/%s/gone/mnt", h->s.root_path, entry->d_name);
	assert_int_equal(umount2(moved, 0), 0);
}

/* Fills data and metadata, in steps down to single blocks. */
static void fill(const struct store *s)
{
	static char chunk[1 << 20];
	int fd = openat(s->root, "filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	char name[32];

	for (size_t n = sizeof(chunk); n >= 4096; n /= 16)
		while (write(fd, chunk, n) > 0)
			continue;
	fsync(fd);
	close(fd);
	for (int i = 0; i < 200000; i++) {
		snprintf(name, sizeof(name), "filler.%d", i);
		fd = openat(s->root, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0 || write(fd, chunk, 2000) < 0)
			break;
		close(fd);
	}
	own_close(&fd);
}

static void a_full_store_can_be_emptied(void **state)
{
	struct store *s = store_of(state);
	struct draft d;

	publish(s, "ps_42002", "web");
	publish(s, "img_42002", "a");
	fill(s);
	if (draft_begin(s, &d, &e) == 0)
		draft_drop(s, &d);
	assert_int_equal(draft_unpublish(s, "ps_42002", &e), 0);
	assert_int_equal(draft_unpublish(s, "img_42002", &e), 0);
	assert_false(exists(s, "ps_42002"));
	assert_false(exists(s, "img_42002"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_store(a_published_draft_is_an_object),
		unit_test_store(an_object_is_never_published_over),
		unit_test_store(a_name_that_is_taken_keeps_the_draft_from_being_seen),
		unit_test_store(one_of_many_concurrent_drafts_gets_the_name),
		unit_test_store(an_image_takes_over_a_name),
		unit_test_store(an_exchange_replaces_the_object_and_keeps_its_names),
		unit_test_store(a_replaced_object_stays_while_it_is_locked),
		unit_test_store(a_draft_of_a_dead_process_is_swept_and_of_a_live_one_kept),
		unit_test_store(names_that_a_killed_process_left_go_with_its_draft),
		unit_test_store(a_name_is_given_back_only_by_its_holder),
		unit_test_store(removal_removes_an_object_with_all_its_names),
		unit_test_store(a_name_that_moved_is_not_removed_with_its_first_owner),
		unit_test_store(nested_subvolumes_are_removed_with_the_object),
		unit_test_store(removal_follows_no_link),
		unit_test_store(mounted_files_in_an_object_are_not_deleted),
		unit_test_store(a_full_store_can_be_emptied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
