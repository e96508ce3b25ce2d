/* An image in a registry: fetches the documents to which the reference leads, one after the other. */
#ifndef CT_REMOTE_H
#define CT_REMOTE_H

#include "base/record.h"
#include "image/registry.h"
#include "store/store.h"

struct err;

/* A document, unchanged, as the registry served it. */
struct document {
	struct buf json;
	char type[sizeof(((struct descriptor *)0)->type)], digest[DIGEST_LEN];
};

struct remote {
	const char *text;     /* the reference in messages */
	const char *platform; /* see manifest_read */
	struct ref ref;
	struct registry registry;
	bool indexed; /* the reference leads to an index, which leads to the manifest */
	struct document index, manifest, config;
	struct manifest image; /* the parsed manifest */
	struct record record;  /* the config, see manifest_config */
	struct strv chains;    /* chain ids of the layers, base first */
};

/* Sends nothing yet. Call remote_close even after a failure; {0} is a valid empty value. */
int remote_open(struct remote *r, const char *text, const char *platform, const char *creds,
		struct err *e);
void remote_close(struct remote *r);
#define own_remote __attribute__((cleanup(remote_close)))

/* Fetches the document to which the reference leads: an index or a manifest. */
int remote_resolve(struct remote *r, struct err *e);
/* If that was an index, fetches the platform's manifest. */
int remote_manifest(struct remote *r, struct err *e);
/* Fetches the config and computes the chain ids of the layers. */
int remote_config(struct remote *r, struct err *e);
/*
 * Whether the store already has the image of exactly this manifest. If so, fills in from the store
 * what remote_config would fetch.
 */
bool remote_known(struct remote *r, const struct store *s);

/* Lists the names of the image: the requested name, and names by the digests of its index and
 * manifest. */
void remote_names(const struct remote *r, struct strv *names);

/* Writes the image as an OCI archive, without storing it (ociarchive.h). target: fd's name in
 * messages. */
int remote_write(struct remote *r, int fd, const char *target, struct err *e);

#endif
