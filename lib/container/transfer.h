/*
 * An image, a container or a volume on its way to another store:
 *
 *	ct-send 1 N\n		N bytes of header follow
 *	the header		a record (record.h): kind, identity, name*, part*, and, where they
 *				apply, parent, image, read-only
 *	the parts		in the order of the header
 *	sha256:HEX\n		the digest of everything before it
 *
 * A part is "NAME file SIZE", a file of the object's directory with its bytes, or "NAME
 * subvolume", with a send stream of version 1 (sendstream.h). identity: of the first subvolume;
 * parent: it is a difference to that one; image: the container was made from that one. Each is
 * "UUID TRANSACTION" (struct subvolsend_identity). read-only: the volume is a snapshot.
 */
#ifndef CT_TRANSFER_H
#define CT_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/str.h"
#include "container/moment.h"
#include "kernel/subvolsend.h"

struct err;

enum { TRANSFER_PARTS = MOMENT_FILES + 8 };

struct transfer_part {
	char name[24];
	bool subvolume;
	uint64_t size; /* of a file */
};

struct transfer {
	char kind[8]; /* "img", "ps" or "vol" */
	struct strv names;
	bool has_parent, has_image, read_only;
	struct subvolsend_identity identity, parent, image;
	struct transfer_part parts[TRANSFER_PARTS];
	size_t n;
};

void transfer_free(struct transfer *t);
#define own_transfer __attribute__((cleanup(transfer_free)))

/* The first line and the header. */
void transfer_format(const struct transfer *t, struct buf *out);

/* Input, which is read ahead, with the digest of the bytes so far. */
struct transfer_input {
	int from;
	const char *what; /* names the input in messages */
	struct digest digest;
	uint64_t bytes; /* taken so far */
	char ahead[1 << 16];
	size_t at, end;
};

/* A `read` of struct sendstream: takes exactly n bytes. */
int transfer_take(void *input, void *data, size_t n, struct err *e);
/* Reads and checks the first line and the header, which are not trusted. On failure t is {0}. */
int transfer_read(struct transfer_input *in, struct transfer *t, struct err *e);
/* Reads the digest at the end, and that nothing follows. */
int transfer_check(struct transfer_input *in, struct err *e);

/*
 * Finds an image or a volume of the store with a read-only subvolume of that identity. Returns its
 * root directory, or -1: none has it (e->sys is ENOENT).
 */
int transfer_find(const struct store *s, const struct subvolsend_identity *identity,
		  char id[ID_LEN], struct err *e);
/* Opens the read-only subvolume of an image or a volume. */
int transfer_open(const struct store *s, const char *id, struct err *e);

#endif
