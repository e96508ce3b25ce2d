/*
 * The auth files of podman and docker, containers-auth.json(5): the first that
 * says something of a registry counts. REGISTRY_AUTH_FILE alone, if it is set; else
 * $XDG_RUNTIME_DIR/containers/auth.json, $XDG_CONFIG_HOME/containers/auth.json
 * (~/.config/...), $DOCKER_CONFIG/config.json (~/.docker/...).
 */
#ifndef CT_AUTH_H
#define CT_AUTH_H

struct err;

struct auth {
	char *creds;    /* "USER:PASSWORD"; NULL: none */
	char *identity; /* what a token is had for instead ("identitytoken"); NULL: none */
	char *helper;   /* a program that a file names to ask, which is not run; NULL: none */
};

/* The longest match counts: "HOST/a/b" before "HOST/a" before "HOST". None of it is no error. */
int auth_find(const char *host, const char *repository, struct auth *a, struct err *e);
void auth_free(struct auth *a);
#define own_auth __attribute__((cleanup(auth_free)))

#endif
