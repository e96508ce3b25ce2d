#include "unit.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/own.h"
#include "base/str.h"
#include "tar/tarwrite.h"

static struct err e;

/* The sorted names in the archive; *whole: whether it has an end mark. */
static char *names_in(int fd, bool *whole)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	char *list[32];
	struct buf all = {0};
	int n = 0, r;

	lseek(fd, 0, SEEK_SET);
	archive_read_support_format_tar(a);
	archive_read_open_fd(a, fd, 10240);
	while ((r = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
		const char *hard = archive_entry_hardlink(entry);

		list[n++] = str_fmt(hard ? "%s=%s" : "%s", archive_entry_pathname(entry), hard);
	}
	*whole = r == ARCHIVE_EOF;
	archive_read_free(a);
	for (int i = 0; i < n; i++)
		for (int k = i + 1; k < n; k++)
			if (strcmp(list[i], list[k]) > 0) {
				char *other = list[i];

				list[i] = list[k];
				list[k] = other;
			}
	buf_str(&all, "");
	for (int i = 0; i < n; i++) {
		buf_fmt(&all, "%s%s", i ? " " : "", list[i]);
		free(list[i]);
	}
	return all.data;
}

static void packs(int from, const struct packing *p, const char *names)
{
	own_fd int tar = memfd_create("tar", MFD_CLOEXEC);
	own_str char *got = NULL;
	bool whole;

	assert_int_equal(tarwrite_tree(from, p, tar, &e), 0);
	got = names_in(tar, &whole);
	assert_string_equal(got, names);
	assert_true(whole);
}

static void put(const struct scratch *s, const char *name)
{
	own_fd int fd = openat(s->dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_int_equal(write(fd, "x", 1), 1);
}

static void a_tree_has_the_given_name_or_none(void **state)
{
	const struct scratch *s = *state;
	own_fd int file = -1;

	put(s, "a");
	mkdirat(s->dir, "d", 0755);
	put(s, "d/b");
	scratch_link(s, "/nowhere", "d/link");
	packs(s->dir, &(struct packing){.path = "top"}, "./ a d/ d/b d/link");
	packs(s->dir, &(struct packing){.path = "top", .name = "n"}, "n/ n/a n/d/ n/d/b n/d/link");
	file = openat(s->dir, "a", O_PATH | O_CLOEXEC);
	packs(file, &(struct packing){.path = "a", .name = "other"}, "other");
}

static void a_second_name_of_a_file_is_a_link_to_the_first(void **state)
{
	const struct scratch *s = *state;
	own_fd int tar = memfd_create("tar", MFD_CLOEXEC);
	own_str char *got = NULL;
	bool whole;

	put(s, "a");
	assert_int_equal(linkat(s->dir, "a", s->dir, "b", 0), 0);
	assert_int_equal(
		tarwrite_tree(s->dir, &(struct packing){.path = "top", .name = "n"}, tar, &e), 0);
	got = names_in(tar, &whole);
	assert_true(strcmp(got, "n/ n/a n/b=n/a") == 0 || strcmp(got, "n/ n/a=n/b n/b") == 0);
}

static void note(const char *path, const char *why, void *arg)
{
	buf_fmt(arg, "%s (%s)", path, why);
}

static void sockets_are_left_out_and_devices_unless_asked_for(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct scratch *s = *state;
	own_fd int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	own_buf struct buf said = {0};

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/s", s->dir);
	assert_int_equal(bind(sock, (struct sockaddr *)&address, sizeof(address)), 0);
	mkfifoat(s->dir, "fifo", 0600);
	packs(s->dir, &(struct packing){.path = "top"}, "./ fifo");
	if (geteuid() != 0)
		skip();
	assert_int_equal(mknodat(s->dir, "null", S_IFCHR | 0600, 0x103), 0);
	packs(s->dir, &(struct packing){.path = "top", .devices = true}, "./ fifo null");
	packs(s->dir, &(struct packing){.path = "top", .omit = note, .omit_arg = &said}, "./ fifo");
	assert_string_equal(said.data, "top/null (a device)");
}

static void a_failed_archive_has_no_end_mark(void **state)
{
	const struct scratch *s = *state;
	own_fd int tar = memfd_create("tar", MFD_CLOEXEC);
	struct packing p = {.path = "top", .avoid_n = 1};
	own_str char *got = NULL;
	bool whole;

	mkdirat(s->dir, "d", 0755);
	assert_int_equal(statx(s->dir, "d", 0, STATX_BASIC_STATS, &p.avoid[0]), 0);
	assert_refused(tarwrite_tree(s->dir, &p, tar, &e), &e,
		       "copied into itself: top/d: Too many levels of symbolic links");
	got = names_in(tar, &whole);
	assert_false(whole && *got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_tree_has_the_given_name_or_none),
		unit_test_scratch(a_second_name_of_a_file_is_a_link_to_the_first),
		unit_test_scratch(sockets_are_left_out_and_devices_unless_asked_for),
		unit_test_scratch(a_failed_archive_has_no_end_mark),
	};

	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
