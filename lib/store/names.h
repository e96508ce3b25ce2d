/*
 * Names of images, containers and volumes: symbolic links CT_ROOT/names/KIND/NAME -> ID. In an
 * image's name "/" is written "%2F". Links are made and moved under the store's lock, and read
 * without it. A link to a missing object counts as free.
 */
#ifndef CT_NAMES_H
#define CT_NAMES_H

#include "base/str.h"
#include "store/handle.h"
#include "store/ids.h"

struct err;

/*
 * Checks the name of a container or volume: [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 63 characters,
 * not the form of an id. The error names it and says what is allowed.
 */
int name_check_container(const char *name, struct err *e);

/*
 * Converts an image's name to the store's form (ref.h): "alpine", "library/alpine" and
 * "docker.io/library/alpine:latest" become "alpine:latest". A digest is refused, because only
 * pulling or loading an image assigns one. The caller frees the name; NULL with the error.
 */
char *name_check_image(const char *name, struct err *e);

/*
 * Finds the object of a kind by id or name. An image is also found by
 * NAME[:TAG]@sha256:... if it was stored under that name, and by a name without a host as
 * localhost/NAME (podman's name for images made locally) if no image has the name itself.
 * -1 with "no such container (or image)".
 */
int name_resolve(const struct store *s, const char *kind, const char *ref, char id[ID_LEN],
		 struct err *e);

/*
 * The name, in the store's form, under which name_resolve finds an image. The caller frees it;
 * NULL if no image has it.
 */
char *name_meant(const struct store *s, const char *ref);

/* Finds the object with exactly this name. -1: none. */
int name_holder(const struct store *s, const char *kind, const char *name, char id[ID_LEN]);

/* All names of an id, sorted. */
int name_list(const struct store *s, const char *kind, const char *id, struct strv *names,
	      struct err *e);

/*
 * Lists all names of a kind with one reading of the directory, unsorted:
 * ids->v[i] has names->v[i].
 */
int name_list_all(const struct store *s, const char *kind, struct strv *names, struct strv *ids,
		  struct err *e);
/* Picks the names that name_list would return from that list, without names by digest. */
void name_pick(const struct strv *names, const struct strv *ids, const char *id, struct strv *out);

/*
 * Call both under the store's lock: see draft_publish and draft_unpublish. name_take: a
 * container's name must be free (otherwise e->sys is EEXIST), an image's name moves. name_drop:
 * removes the name only if it belongs to id; with id NULL always.
 */
int name_take(const struct store *s, const char *kind, const char *name, const char *id,
	      struct err *e);
int name_drop(const struct store *s, const char *kind, const char *name, const char *id,
	      struct err *e);
/*
 * Assigns all names (name_check_image) to image id and writes them to disk, or assigns none.
 * moved: gets a note for each name that another image loses, except names by digest; may be NULL.
 * Call it under the store's lock.
 */
int name_take_all(const struct store *s, const struct strv *names, const char *id,
		  struct strv *moved, struct err *e);
/* Undoes name_take for id: the name belongs to `before` again, or to nobody (""). */
void name_give_back(const struct store *s, const char *kind, const char *name, const char *id,
		    const char *before);
/* Removes all names of a kind whose object is missing. */
void name_sweep(const struct store *s, const char *kind);

/*
 * Finds the one object, of whatever kind, that ref means. Returns 1; 0 if there is none; -1 if there
 * are several or the store cannot be read. An exact name wins: the container web, not the
 * image localhost/web.
 */
int name_find(const struct store *s, const char *ref, char id[ID_LEN], struct err *e);

#endif
