/* Archives for tests, written by libarchive into memory and read through a descriptor. */
#ifndef CT_TARS_H
#define CT_TARS_H

#include <archive.h>
#include <archive_entry.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "unit.h"

struct made {
	struct archive *a;
	int fd;
};

/* filter: one of ARCHIVE_FILTER_*, 0 for none. */
static inline struct made begin_filtered(int filter)
{
	struct made m = {archive_write_new(), memfd_create("tar", MFD_CLOEXEC)};

	archive_write_set_format_pax_restricted(m.a);
	archive_write_add_filter(m.a, filter);
	archive_write_set_bytes_in_last_block(m.a, 1);
	archive_write_open_fd(m.a, m.fd);
	return m;
}

static inline struct made begin(void)
{
	return begin_filtered(ARCHIVE_FILTER_NONE);
}

/* data: the content of a regular file, the target of a symbolic link. */
static inline void add(struct made *m, const char *name, mode_t type, const char *data)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, type | 0700);
	archive_entry_set_size(entry, (la_int64_t)strlen(data));
	archive_entry_set_mtime(entry, 1000, 0);
	if (S_ISLNK(type)) {
		archive_entry_set_symlink(entry, data);
		archive_entry_set_size(entry, 0);
	}
	assert_int_equal(archive_write_header(m->a, entry), ARCHIVE_OK);
	if (S_ISREG(type))
		archive_write_data(m->a, data, strlen(data));
	archive_entry_free(entry);
}

static inline void add_link(struct made *m, const char *name, const char *to)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, S_IFREG | 0700);
	archive_entry_set_hardlink(entry, to);
	assert_int_equal(archive_write_header(m->a, entry), ARCHIVE_OK);
	archive_entry_free(entry);
}

/* The caller closes it. */
static inline int end(struct made *m)
{
	archive_write_close(m->a);
	archive_write_free(m->a);
	lseek(m->fd, 0, SEEK_SET);
	return m->fd;
}

#endif
