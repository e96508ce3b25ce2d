/*
 * Parses btrfs send streams of version 1, which are not trusted. A stream is a header, then
 * commands up to END; a command has a type, a checksum (CRC-32C) and attributes, each a type, a
 * length and a value. (btrfs documentation, "Send stream format".)
 *
 * A file is made under a temporary name and gets its final path by RENAME, so that a path is valid
 * only at the moment of its command.
 */
#ifndef CT_SENDSTREAM_H
#define CT_SENDSTREAM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct err;

enum sendstream_command {
	SEND_SUBVOL = 1,
	SEND_SNAPSHOT,
	SEND_MKFILE,
	SEND_MKDIR,
	SEND_MKNOD,
	SEND_MKFIFO,
	SEND_MKSOCK,
	SEND_SYMLINK,
	SEND_RENAME,
	SEND_LINK,
	SEND_UNLINK,
	SEND_RMDIR,
	SEND_SET_XATTR,
	SEND_REMOVE_XATTR,
	SEND_WRITE,
	SEND_CLONE,
	SEND_TRUNCATE,
	SEND_CHMOD,
	SEND_CHOWN,
	SEND_UTIMES,
	SEND_END,
	SEND_UPDATE_EXTENT,
	SEND_COMMANDS
};

enum sendstream_attribute {
	SEND_A_UUID = 1,
	SEND_A_CTRANSID,
	SEND_A_INO,
	SEND_A_SIZE,
	SEND_A_MODE,
	SEND_A_UID,
	SEND_A_GID,
	SEND_A_RDEV,
	SEND_A_CTIME,
	SEND_A_MTIME,
	SEND_A_ATIME,
	SEND_A_OTIME,
	SEND_A_XATTR_NAME,
	SEND_A_XATTR_DATA,
	SEND_A_PATH,
	SEND_A_PATH_TO,
	SEND_A_PATH_LINK,
	SEND_A_FILE_OFFSET,
	SEND_A_DATA,
	SEND_A_CLONE_UUID,
	SEND_A_CLONE_CTRANSID,
	SEND_A_CLONE_PATH,
	SEND_A_CLONE_OFFSET,
	SEND_A_CLONE_LEN,
	SEND_ATTRIBUTES
};

enum { SEND_BODY_MAX = 64 << 10 };

struct sendstream {
	const char *what; /* names the stream in messages */
	/* Reads exactly n bytes. Its error names the stream. */
	int (*read)(void *arg, void *data, size_t n, struct err *e);
	void *arg;
	/* The command that sendstream_next read. */
	enum sendstream_command command;
	struct sendstream_value {
		const void *data; /* NULL: the command lacks the attribute */
		size_t n;
	} attributes[SEND_ATTRIBUTES];
	unsigned char body[SEND_BODY_MAX];
};

/* A `read` for a descriptor; arg points to an int. */
int sendstream_read_fd(void *arg, void *data, size_t n, struct err *e);

/* Reads the header. The caller has set the first three fields. */
int sendstream_begin(struct sendstream *s, struct err *e);
/* Reads the next command: 1; 0 after END; -1. The values are valid until the next call. */
int sendstream_next(struct sendstream *s, struct err *e);

/*
 * Each function reads an attribute of the command; a missing or invalid one is an error. A path is
 * beneath the root, without "..", "." or empty components; "." is the root.
 */
int sendstream_path(const struct sendstream *s, enum sendstream_attribute a, char out[PATH_MAX],
		    struct err *e);
int sendstream_number(const struct sendstream *s, enum sendstream_attribute a, uint64_t *out,
		      struct err *e);
int sendstream_time(const struct sendstream *s, enum sendstream_attribute a, struct timespec *out,
		    struct err *e);
int sendstream_uuid(const struct sendstream *s, enum sendstream_attribute a, uint8_t out[16],
		    struct err *e);
/* Text without NUL bytes, shorter than max, into out. */
int sendstream_text(const struct sendstream *s, enum sendstream_attribute a, char *out, size_t max,
		    struct err *e);

#endif
