/*
 * Finds credentials in the auth files of podman and docker, containers-auth.json(5). The first file
 * with an entry for the registry counts. Only REGISTRY_AUTH_FILE is read if it is set; otherwise
 * $XDG_RUNTIME_DIR/containers/auth.json, $XDG_CONFIG_HOME/containers/auth.json
 * (~/.config/...), $DOCKER_CONFIG/config.json (~/.docker/...).
 */
#ifndef CT_AUTH_H
#define CT_AUTH_H

struct err;

struct auth {
	char *creds;    /* "USER:PASSWORD"; NULL: none */
	char *identity; /* "identitytoken", which a token server accepts instead; NULL: none */
	char *helper; /* the credential helper that a file names; ct does not run it; NULL: none */
};

/* The longest match counts: "HOST/a/b" before "HOST/a" before "HOST". No match is no error. */
int auth_find(const char *host, const char *repository, struct auth *a, struct err *e);
void auth_free(struct auth *a);
#define own_auth __attribute__((cleanup(auth_free)))

#endif
