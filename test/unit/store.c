#include "private_store.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/record.h"
#include "kernel/subvol.h"
#include "store/draft.h"
#include "store/storefs.h"

static struct err e;

static struct store *store_of(void **state)
{
	return &((struct home *)*state)->s;
}

static int open_again(struct store *s, enum store_want want)
{
	store_close(s);
	return store_open(s, want, &e);
}

static void an_id_is_a_kind_and_a_number(void **state)
{
	(void)state;
	assert_true(id_is("ps_42002", "ps"));
	assert_true(id_is("img_1", "img"));
	assert_true(id_is("ps_999999999999999999", "ps"));
	assert_false(id_is("ps_9999999999999999999", "ps"));
	assert_false(id_is("img_1", "ps"));
	assert_false(id_is("ps_", "ps"));
	assert_false(id_is("ps_0", "ps"));
	assert_false(id_is("ps_01", "ps"));
	assert_false(id_is("ps_1x", "ps"));
	assert_false(id_is("ps_1/..", "ps"));
	assert_false(id_is("ps_+1", "ps"));
	assert_false(id_is("ps1", "ps"));
}

static void each_kind_is_counted_from_42002(void **state)
{
	struct store *s = store_of(state);
	char id[ID_LEN];

	assert_int_equal(store_new_id(s, "img", id, &e), 0);
	assert_string_equal(id, "img_42002");
	assert_int_equal(store_new_id(s, "img", id, &e), 0);
	assert_string_equal(id, "img_42003");
	assert_int_equal(store_new_id(s, "ps", id, &e), 0);
	assert_string_equal(id, "ps_42002");
}

enum { CALLERS = 50, EACH = 20, ALL = 1000 };

static void fifty_concurrent_callers_get_different_numbers(void **state)
{
	struct store *s = store_of(state);
	bool seen[ALL] = {0};
	char id[ID_LEN] = "";
	int pair[2], status;
	unsigned long n;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	for (int i = 0; i < CALLERS; i++)
		if (fork() == 0) {
			for (int k = 0; k < EACH; k++)
				if (store_new_id(s, "ps", id, &e) < 0 ||
				    write(pair[1], id, ID_LEN) != ID_LEN)
					_exit(1);
			_exit(0);
		}
	close(pair[1]);
	for (int i = 0; i < ALL; i++) {
		assert_int_equal(read(pair[0], id, ID_LEN), ID_LEN);
		n = strtoul(id + 3, NULL, 10) - ID_FIRST;
		assert_true(n < ALL);
		assert_false(seen[n]);
		seen[n] = true;
	}
	close(pair[0]);
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
}

static void a_number_is_not_reused_after_its_object_is_gone(void **state)
{
	struct store *s = store_of(state);
	struct draft d;
	char id[ID_LEN];

	assert_int_equal(store_new_id(s, "ps", id, &e), 0);
	assert_int_equal(draft_begin(s, &d, &e), 0);
	assert_int_equal(draft_publish(s, &d, id, NULL, &e), 0);
	assert_int_equal(draft_unpublish(s, id, &e), 0);
	assert_int_equal(store_new_id(s, "ps", id, &e), 0);
	assert_string_equal(id, "ps_42003");
}

static void damaged_or_missing_counters_continue_after_existing_ids(void **state)
{
	static const char *const damaged[] = {"", "x", "1 1\n",
					      "              42002                42002"};
	struct store *s = store_of(state);
	char id[ID_LEN];

	assert_int_equal(mkdirat(s->root, "img_50000", 0700), 0);
	for (size_t i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
		assert_int_equal(
			file_write(s->root, "counters", 0600, damaged[i], strlen(damaged[i]), &e),
			0);
		assert_int_equal(store_new_id(s, "img", id, &e), 0);
		assert_string_equal(id, "img_50001");
	}
	assert_int_equal(unlinkat(s->root, "counters", 0), 0);
	assert_int_equal(store_new_id(s, "img", id, &e), 0);
	assert_string_equal(id, "img_50001");
	assert_int_equal(store_new_id(s, "ps", id, &e), 0);
	assert_string_equal(id, "ps_42002");
}

static void a_counter_of_an_earlier_version_continues_after_existing_ids(void **state)
{
	static const char one_line[] =
		"              42003               42002               42002\n";
	struct store *s = store_of(state);
	char id[ID_LEN];

	assert_int_equal(file_write(s->root, "counters", 0600, one_line, strlen(one_line), &e), 0);
	assert_int_equal(mkdirat(s->root, "img_42007", 0700), 0);
	assert_int_equal(rmdir(s->run_path), 0);
	assert_int_equal(open_again(s, STORE_UP), 0);
	assert_int_equal(store_new_id(s, "img", id, &e), 0);
	assert_string_equal(id, "img_42008");
	assert_int_equal(store_new_id(s, "img", id, &e), 0);
	assert_string_equal(id, "img_42009");
}

/* A power cut may restore an earlier first line of the file; the second line is on disk (ids.h). */
static void a_number_lost_in_a_power_cut_is_not_reused(void **state)
{
	struct store *s = store_of(state);
	char id[ID_LEN], before[60];
	own_fd int fd = -1;

	assert_int_equal(store_new_id(s, "ps", id, &e), 0);
	fd = openat(s->root, "counters", O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, before, sizeof(before), 0), sizeof(before));
	for (int i = 1; i < ID_BLOCK; i++)
		assert_int_equal(store_new_id(s, "ps", id, &e), 0);
	assert_string_equal(id, "ps_42065");
	assert_int_equal(pwrite(fd, before, sizeof(before), 0), sizeof(before));
	close(take_fd(&fd));
	assert_int_equal(rmdir(s->run_path), 0);
	assert_int_equal(open_again(s, STORE_UP), 0);
	assert_int_equal(store_new_id(s, "ps", id, &e), 0);
	assert_string_equal(id, "ps_42066");
}

static void no_number_is_skipped_when_the_store_goes_down_and_comes_up(void **state)
{
	struct store *s = store_of(state);
	char id[ID_LEN];

	for (int i = 0; i < 3; i++) {
		assert_int_equal(store_new_id(s, "ps", id, &e), 0);
		store_close(s);
		assert_int_equal(store_down(&e), 0);
		assert_int_equal(store_open(s, STORE_UP, &e), 0);
	}
	assert_string_equal(id, "ps_42004");
}

/* The counters have a reserved block, so a full store can be emptied. */
static void a_full_store_comes_up_after_a_boot(void **state)
{
	struct store *s = store_of(state);
	static char text[1 << 20];
	char id[ID_LEN];
	own_fd int fd = -1;

	assert_int_equal(store_new_id(s, "ps", id, &e), 0);
	fd = openat(s->root, "filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	memset(text, 'x', sizeof(text));
	for (size_t n = sizeof(text); n >= 512; n /= 2)
		while (write(fd, text, n) == (ssize_t)n)
			continue;
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(syncfs(fd), 0);
	assert_int_equal(rmdir(s->run_path), 0);
	assert_int_equal(open_again(s, STORE_UP), 0);
	close(take_fd(&fd));
	assert_int_equal(unlinkat(s->root, "filler", 0), 0);
	assert_int_equal(syncfs(s->root), 0);
	assert_int_equal(store_new_id(s, "ps", id, &e), 0);
	assert_string_equal(id, "ps_42066");
}

static void cut(const struct store *s, const char *name, off_t size)
{
	own_fd int fd = openat(s->root, name, O_WRONLY | O_CLOEXEC);

	assert_int_equal(ftruncate(fd, size), 0);
}

/* A power cut loses a file's data from some block on (fd.h). */
static void a_kept_file_whose_data_was_lost_still_has_its_text(void **state)
{
	struct store *s = store_of(state);
	size_t sizes[] = {1, 4095, 4096, 20000};
	char text[20000];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 23);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (off_t left = 0; left < (off_t)sizes[i]; left += 4096) {
			own_buf struct buf b = {0}, raw = {0};

			assert_int_equal(file_keep(s->root, "f", text, sizes[i], &e), 0);
			cut(s, "f", left);
			assert_int_equal(file_read_kept(s->root, "f", sizeof(text), &b, &e), 0);
			assert_int_equal(b.len, sizes[i]);
			assert_memory_equal(b.data, text, sizes[i]);
			assert_int_equal(file_repair(s->root, "f", sizeof(text), &e), 0);
			assert_int_equal(file_read(s->root, "f", sizeof(text), &raw, &e), 0);
			assert_int_equal(raw.len, sizes[i]);
			assert_memory_equal(raw.data, text, sizes[i]);
		}
}

static void a_kept_file_with_a_hole_still_has_its_text(void **state)
{
	struct store *s = store_of(state);
	own_buf struct buf b = {0}, raw = {0};
	own_fd int fd = -1;
	char text[9000];

	memset(text, 'x', sizeof(text));
	assert_int_equal(file_keep(s->root, "f", text, sizeof(text), &e), 0);
	fd = openat(s->root, "f", O_WRONLY | O_CLOEXEC);
	assert_int_equal(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096), 0);
	assert_int_equal(file_read_kept(s->root, "f", sizeof(text), &b, &e), 0);
	assert_int_equal(b.len, sizeof(text));
	assert_memory_equal(b.data, text, sizeof(text));
	assert_int_equal(file_repair(s->root, "f", sizeof(text), &e), 0);
	assert_int_equal(file_read(s->root, "f", sizeof(text), &raw, &e), 0);
	assert_memory_equal(raw.data, text, sizeof(text));
}

static void an_edited_kept_file_keeps_the_edit(void **state)
{
	struct store *s = store_of(state);
	own_buf struct buf b = {0};

	assert_int_equal(file_keep(s->root, "f", "a longer text", 13, &e), 0);
	assert_int_equal(file_write(s->root, "f", 0600, "short", 5, &e), 0);
	assert_int_equal(file_repair(s->root, "f", 100, &e), 0);
	assert_int_equal(file_read_kept(s->root, "f", 100, &b, &e), 0);
	assert_string_equal(b.data, "short");
}

static void a_kept_file_longer_than_expected_is_refused(void **state)
{
	struct store *s = store_of(state);
	own_buf struct buf b = {0};

	assert_int_equal(file_keep(s->root, "f", "12345", 5, &e), 0);
	cut(s, "f", 0);
	assert_refused(file_read_kept(s->root, "f", 4, &b, &e), &e, "f: File too large");
}

static void leftovers_of_a_killed_writer_are_replaced_or_swept(void **state)
{
	struct store *s = store_of(state);
	own_buf struct buf b = {0};

	assert_int_equal(file_write(s->root, "f~", 0600, "half", 4, &e), 0);
	assert_int_equal(file_write(s->root, "g~", 0600, "half", 4, &e), 0);
	assert_int_equal(file_replace(s->root, "f", 0600, "whole", 5, &e), 0);
	assert_int_equal(file_read(s->root, "f", 100, &b, &e), 0);
	assert_string_equal(b.data, "whole");
	assert_int_equal(faccessat(s->root, "f~", F_OK, 0), -1);
	file_sweep(s->root, ".");
	assert_int_equal(faccessat(s->root, "g~", F_OK, 0), -1);
	assert_int_equal(faccessat(s->root, "f", F_OK, 0), 0);
}

static void a_list_is_sorted_by_number(void **state)
{
	static const char *const made[] = {"ps_100000", "ps_99999", "ps_42002",
					   "img_1",     "ps_x",     "ps_1~"};
	struct store *s = store_of(state);
	own_strv struct strv ids = {0};

	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++)
		assert_int_equal(mkdirat(s->root, made[i], 0700), 0);
	assert_int_equal(store_list(s, "ps", &ids, &e), 0);
	assert_int_equal(ids.n, 3);
	assert_string_equal(ids.v[0], "ps_42002");
	assert_string_equal(ids.v[1], "ps_99999");
	assert_string_equal(ids.v[2], "ps_100000");
}

static void opening_for_reading_makes_nothing(void **state)
{
	struct home *h = *state;
	own_strv struct strv ids = {0};
	own_dir DIR *d = opendir(h->path);

	assert_int_equal(store_open(&h->s, STORE_LOOK, &e), 0);
	assert_int_equal(h->s.root, -1);
	assert_int_equal(h->s.run, -1);
	assert_string_equal(h->s.note, "");
	assert_int_equal(store_list(&h->s, "img", &ids, &e), 0);
	assert_int_equal(ids.n, 0);
	for (struct dirent *entry; (entry = readdir(d));)
		assert_int_equal(entry->d_name[0], '.');
}

static void a_store_that_is_down_reads_as_empty_with_a_note(void **state)
{
	struct store *s = store_of(state);

	assert_true(str_starts(s->note, "made "));
	assert_int_equal(mkdirat(s->root, "img_42002", 0700), 0);
	store_close(s);
	assert_int_equal(store_down(&e), 0);
	assert_int_equal(store_open(s, STORE_LOOK, &e), 0);
	assert_int_equal(s->root, -1);
	assert_non_null(strstr(s->note, " is down: 'ct-store up' brings it up"));
	assert_int_equal(open_again(s, STORE_UP), 0);
	assert_string_equal(s->note, "");
	assert_int_equal(faccessat(s->root, "img_42002", F_OK, 0), 0);
}

static void the_store_is_a_subvolume_readable_by_its_owner_only(void **state)
{
	struct store *s = store_of(state);
	struct stat st;

	assert_true(subvol_is(s->root));
	assert_int_equal(fstat(s->root, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(fstat(s->run, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void a_store_of_another_version_is_refused(void **state)
{
	struct store *s = store_of(state);

	assert_int_equal(file_write(s->root, "format", 0600, "2\n", 2, &e), 0);
	assert_int_equal(open_again(s, STORE_UP), -1);
	assert_non_null(strstr(e.msg, "another version"));
	assert_int_equal(store_open(s, STORE_LOOK, &e), -1);
	assert_int_equal(s->root, -1);
}

static void an_incomplete_store_is_completed(void **state)
{
	struct store *s = store_of(state);

	assert_int_equal(renameat(s->root, "format", s->root, "format.new"), 0);
	assert_int_equal(unlinkat(s->root, "counters", 0), 0);
	assert_int_equal(unlinkat(s->root, "names/ps", AT_REMOVEDIR), 0);
	assert_int_equal(open_again(s, STORE_UP), 0);
	assert_int_equal(faccessat(s->root, "format", F_OK, 0), 0);
	assert_int_equal(faccessat(s->root, "names/ps", F_OK, 0), 0);
}

static void a_directory_with_the_names_of_a_store_is_not_one(void **state)
{
	struct store *s = store_of(state);
	own_str char *root = str_dup(s->root_path),
		     *said = str_fmt("%s: neither empty nor a store of ct", root);

	assert_int_equal(unlinkat(s->root, "format", 0), 0);
	assert_int_equal(mkdirat(s->root, "tmp/precious", 0700), 0);
	assert_refused(open_again(s, STORE_UP), &e, said);
	own_fd int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(faccessat(dir, "tmp/precious", F_OK, 0), 0);
	assert_int_equal(file_write(dir, "format", 0600, "1\n", 2, &e), 0);
}

static void an_unrelated_directory_is_left_alone(void **state)
{
	struct home *h = *state;
	own_str char *file = str_fmt("%s/root.btrfs", h->path),
		     *inside = str_fmt("%s/root/precious", h->path);

	assert_int_equal(mkdir(h->root, 0755), 0);
	assert_int_equal(mkdir(inside, 0755), 0);
	assert_int_equal(store_open(&h->s, STORE_UP, &e), -1);
	assert_non_null(strstr(e.msg, "/root: neither empty nor a store of ct"));
	assert_int_equal(access(inside, F_OK), 0);
	assert_int_equal(access(file, F_OK), -1);
}

static void a_path_that_is_not_absolute_is_refused(void **state)
{
	struct home *h = *state;

	setenv("CT_ROOT", "var/ct", 1);
	assert_refused(store_open(&h->s, STORE_LOOK, &e), &e,
		       "CT_ROOT: var/ct: not an absolute path of a directory");
	setenv("CT_ROOT", "//", 1);
	assert_int_equal(store_open(&h->s, STORE_UP, &e), -1);
	setenv("CT_ROOT", h->root, 1);
	setenv("CT_RUN", "run", 1);
	assert_refused(store_open(&h->s, STORE_LOOK, &e), &e,
		       "CT_RUN: run: not an absolute path of a directory");
	setenv("CT_RUN", h->run, 1);
}

static void a_run_directory_that_others_can_write_to_is_refused(void **state)
{
	struct home *h = *state;

	assert_int_equal(mkdir(h->run, 0700), 0);
	assert_int_equal(chmod(h->run, 0777), 0);
	assert_int_equal(store_open(&h->s, STORE_LOOK, &e), -1);
	assert_non_null(strstr(e.msg, "others can write to it"));
	assert_int_equal(chmod(h->run, 0700), 0);
}

static void an_incomplete_file_system_is_not_taken_for_a_store(void **state)
{
	struct home *h = *state;
	own_str char *draft = str_fmt("%s/root.btrfs.new", h->path);

	assert_int_equal(file_write(AT_FDCWD, draft, 0600, "half", 4, &e), 0);
	assert_int_equal(store_open(&h->s, STORE_UP, &e), 0);
	assert_int_equal(access(draft, F_OK), -1);
	assert_true(subvol_is(h->s.root));
}

static void a_file_without_a_file_system_is_unchanged(void **state)
{
	struct home *h = *state;
	own_str char *file = str_fmt("%s/root.btrfs", h->path);
	own_buf struct buf b = {0};

	assert_int_equal(file_write(AT_FDCWD, file, 0600, "precious", 8, &e), 0);
	assert_int_equal(store_open(&h->s, STORE_UP, &e), -1);
	assert_int_equal(file_read(AT_FDCWD, file, 100, &b, &e), 0);
	assert_string_equal(b.data, "precious");
	assert_int_equal(access(h->root, F_OK), -1);
}

static void too_little_free_space_is_reported_and_leaves_nothing(void **state)
{
	struct home *h = *state;
	own_str char *file = str_fmt("%s/root.btrfs", h->path), *draft = str_fmt("%s.new", file);

	assert_int_equal(mount("tmpfs", h->path, "tmpfs", MS_REMOUNT, "size=64m"), 0);
	assert_int_equal(store_open(&h->s, STORE_UP, &e), -1);
	assert_non_null(strstr(e.msg, "MiB are free"));
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(access(draft, F_OK), -1);
	assert_int_equal(access(h->root, F_OK), -1);
}

static void write_state(const struct store *s, const struct proc_id *p)
{
	own_record struct record r = {0};

	record_add_uint(&r, "supervisor", (uint64_t)p->pid);
	record_add_uint(&r, "supervisor-start", p->start);
	assert_int_equal(record_write(s->run, "ps_42002/state", &r, &e), 0);
}

static void a_store_with_a_running_container_stays_up(void **state)
{
	struct store *s = store_of(state);
	struct proc_id self;

	assert_int_equal(mkdirat(s->run, "ps_42002", 0700), 0);
	assert_int_equal(proc_identify(getpid(), &self), 0);
	write_state(s, &self);
	store_close(s);
	assert_int_equal(store_down(&e), -1);
	assert_non_null(strstr(e.msg, "ps_42002 is running"));
	assert_int_equal(store_open(s, STORE_LOOK, &e), 0);
	assert_true(s->root >= 0);
	self.start++; /* the pid was reused */
	write_state(s, &self);
	store_close(s);
	assert_int_equal(store_down(&e), 0);
}

static void a_store_with_a_process_in_it_stays_up(void **state)
{
	assert_true(store_of(state)->root >= 0);
	assert_int_equal(store_down(&e), -1);
	assert_non_null(strstr(e.msg, "/root: in use"));
}

static void a_store_grows_and_never_shrinks(void **state)
{
	struct store *s = store_of(state);
	own_str char *file = storefs_file(s->root_path);
	struct stat before, after;

	assert_int_equal(stat(file, &before), 0);
	assert_int_equal(store_grow((uint64_t)before.st_size - 4096, &e), -1);
	assert_non_null(strstr(e.msg, "can only grow"));
	assert_int_equal(store_grow((uint64_t)before.st_size + (64 << 20), &e), 0);
	assert_int_equal(store_grow((uint64_t)before.st_size + (64 << 20), &e), 0);
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(after.st_size - before.st_size, 64 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_a_kind_and_a_number),
		unit_test_store(each_kind_is_counted_from_42002),
		unit_test_store(fifty_concurrent_callers_get_different_numbers),
		unit_test_store(a_number_is_not_reused_after_its_object_is_gone),
		unit_test_store(damaged_or_missing_counters_continue_after_existing_ids),
		unit_test_store(a_counter_of_an_earlier_version_continues_after_existing_ids),
		unit_test_store(a_number_lost_in_a_power_cut_is_not_reused),
		unit_test_store(a_full_store_comes_up_after_a_boot),
		unit_test_store(no_number_is_skipped_when_the_store_goes_down_and_comes_up),
		unit_test_store(a_kept_file_whose_data_was_lost_still_has_its_text),
		unit_test_store(a_kept_file_with_a_hole_still_has_its_text),
		unit_test_store(an_edited_kept_file_keeps_the_edit),
		unit_test_store(a_kept_file_longer_than_expected_is_refused),
		unit_test_store(leftovers_of_a_killed_writer_are_replaced_or_swept),
		unit_test_store(a_list_is_sorted_by_number),
		unit_test_home(opening_for_reading_makes_nothing),
		unit_test_store(a_store_that_is_down_reads_as_empty_with_a_note),
		unit_test_store(the_store_is_a_subvolume_readable_by_its_owner_only),
		unit_test_store(a_store_of_another_version_is_refused),
		unit_test_store(an_incomplete_store_is_completed),
		unit_test_store(a_directory_with_the_names_of_a_store_is_not_one),
		unit_test_home(an_unrelated_directory_is_left_alone),
		unit_test_home(a_path_that_is_not_absolute_is_refused),
		unit_test_home(a_run_directory_that_others_can_write_to_is_refused),
		unit_test_home(an_incomplete_file_system_is_not_taken_for_a_store),
		unit_test_home(a_file_without_a_file_system_is_unchanged),
		unit_test_home(too_little_free_space_is_reported_and_leaves_nothing),
		unit_test_store(a_store_with_a_running_container_stays_up),
		unit_test_store(a_store_with_a_process_in_it_stays_up),
		unit_test_store(a_store_grows_and_never_shrinks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
