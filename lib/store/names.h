/*
 * Names of images and containers: links CT_ROOT/names/KIND/NAME -> ID, where
 * "/" in an image's name is written "%2F". Made and moved under the store's
 * lock, read without it. A link to an object that is no more counts as free.
 */
#ifndef CT_NAMES_H
#define CT_NAMES_H

#include "base/str.h"
#include "store/handle.h"
#include "store/ids.h"

struct err;

/*
 * A container's or a volume's name: [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 63 characters, not
 * of the form of an id. The error names it and says what is allowed.
 */
int name_check_container(const char *name, struct err *e);

/*
 * An image's name as the store keeps it (ref.h): "alpine", "library/alpine" and
 * "docker.io/library/alpine:latest" are "alpine:latest". A digest is refused: only what
 * an image came with gives it one. The caller frees it; NULL with the error.
 */
char *name_check_image(const char *name, struct err *e);

/*
 * The object of a kind that ref means, by id or by name (for an image also
 * NAME[:TAG]@sha256:..., if that was taken as a name; and a name without a host means
 * localhost/NAME, as podman calls what it has made, if no image has the name itself). -1 "no such
 * container (or image)".
 */
int name_resolve(const struct store *s, const char *kind, const char *ref, char id[ID_LEN],
		 struct err *e);

/* The name by which name_resolve finds an image: as the store keeps it. The caller frees it; NULL:
 * by none. */
char *name_meant(const struct store *s, const char *ref);

/* The object that has this very name. -1: none. */
int name_holder(const struct store *s, const char *kind, const char *name, char id[ID_LEN]);

/* All names of an id, sorted. */
int name_list(const struct store *s, const char *kind, const char *id, struct strv *names,
	      struct err *e);

/* All names of a kind in one reading, for listings: ids->v[i] has names->v[i]. In no order. */
int name_list_all(const struct store *s, const char *kind, struct strv *names, struct strv *ids,
		  struct err *e);
/* Of those, what name_list would give, without those by digest. */
void name_pick(const struct strv *names, const struct strv *ids, const char *id, struct strv *out);

/*
 * Under the caller's lock on the store: see draft_publish, draft_unpublish.
 * name_take: a container's name must be free (e->sys EEXIST if not), an image's moves.
 * name_drop: only if the name is that id's; id NULL: whoever's it is.
 */
int name_take(const struct store *s, const char *kind, const char *name, const char *id,
	      struct err *e);
int name_drop(const struct store *s, const char *kind, const char *name, const char *id,
	      struct err *e);
/* Undoes name_take for id: the name is again that of `before`, or nobody's (""). */
void name_give_back(const struct store *s, const char *kind, const char *name, const char *id,
		    const char *before);
/* Removes all names of a kind that lead to nothing. */
void name_sweep(const struct store *s, const char *kind);

#endif
