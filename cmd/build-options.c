/* The options of ct-build. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/own.h"
#include "build.h"
#include "store/image.h"
#include "store/names.h"

static int read_print(void *to, const char *text, struct err *e)
{
	if (!str_equal(text, "steps"))
		return err_set(e, "%s: not steps", text);
	*(const char **)to = text;
	return 0;
}

const struct opt build_opts[] = {
	OPT_LIST(struct build_args, tags, 't', "tag", "NAME[:TAG]", "give the image this name"),
	OPT_TEXT(struct build_args, file, 'f', "file", "FILE",
		 "read this Dockerfile instead of the context's; - is standard input"),
	OPT_LIST(struct build_args, build_args, 0, "build-arg", "NAME[=VALUE]",
		 "set an ARG of the Dockerfile, or pass on our variable"),
	OPT_LIST(struct build_args, secrets, 0, "secret", "id=ID,src=FILE",
		 "let a RUN read this file by --mount=type=secret,id=ID"),
	OPT_TEXT(struct build_args, target, 0, "target", "STAGE",
		 "build this stage instead of the last"),
	OPT_LIST(struct build_args, labels, 0, "label", "KEY=VALUE", "add a label to the image"),
	OPT_TEXT(struct build_args, iidfile, 0, "iidfile", "FILE",
		 "write the image's id to a file"),
	OPT_TEXT(struct build_args, platform, 0, "platform", "OS/ARCH",
		 "accepted, if it is this machine's"),
	OPT_FLAG(struct build_args, pull, 0, "pull",
		 "get the images of FROM from their registry even if they are here"),
	OPT_FLAG(struct build_args, no_cache, 0, "no-cache", "do all steps anew"),
	OPT_FLAG(struct build_args, quiet, 'q', "quiet",
		 "show neither the steps nor the output of commands"),
	OPT_FORM(struct build_args, print, 0, "print", "steps",
		 "print the steps as JSON Lines, and build nothing", read_print),
	OPT_FLAG(struct build_args, prune, 0, "prune",
		 "remove the steps that no image is made of, and print their names"),
	OPT_INSTEAD(0, "add-host", "not offered: names come from the name servers of the host"),
	OPT_INSTEAD(0, "annotation", "use --label"),
	OPT_INSTEAD(0, "arch", "use --platform; only this machine's can be built"),
	OPT_INSTEAD(0, "authfile", "use the variable REGISTRY_AUTH_FILE"),
	OPT_INSTEAD(0, "build-arg-file", "use --build-arg for each line"),
	OPT_INSTEAD(0, "build-context", "use COPY --from=IMAGE"),
	OPT_INSTEAD(0, "cache-from", "not needed: the steps in the store are the cache"),
	OPT_INSTEAD(0, "cache-to", "not needed: the steps in the store are the cache"),
	OPT_INSTEAD(0, "cap-add", "not offered: a RUN has the default capabilities"),
	OPT_INSTEAD(0, "cap-drop", "not offered: a RUN has the default capabilities"),
	OPT_INSTEAD(0, "cert-dir", "not offered: the certificates are those of the host"),
	OPT_INSTEAD(0, "compress", "not needed: the context is not sent anywhere"),
	OPT_INSTEAD(0, "cpu*", "not offered: a RUN has no limits"),
	OPT_INSTEAD(0, "creds", "use 'ct pull --creds' before"),
	OPT_INSTEAD(0, "device", "not offered: a RUN has the default devices"),
	OPT_INSTEAD(0, "dns*", "not offered: names come from the name servers of the host"),
	OPT_INSTEAD(0, "env", "use ENV in the Dockerfile"),
	OPT_INSTEAD(0, "force-rm", "not needed: a step leaves no container"),
	OPT_INSTEAD(0, "format", "not needed: 'ct save --format' chooses it; 'ct push' writes OCI"),
	OPT_INSTEAD(0, "from", "use ARG before FROM, and --build-arg"),
	OPT_INSTEAD(0, "http-proxy", "use --build-arg http_proxy"),
	OPT_INSTEAD(0, "ignorefile", "use .dockerignore"),
	OPT_INSTEAD(0, "isolation", "not needed: a RUN is isolated as a container is"),
	OPT_INSTEAD(0, "jobs", "not offered: steps are carried out one after the other"),
	OPT_INSTEAD(0, "layers", "use --no-cache for no cache"),
	OPT_INSTEAD(0, "load", "not needed: the image is in the store"),
	OPT_INSTEAD(0, "logfile", "use 'ct build ... 2>FILE'"),
	OPT_INSTEAD(0, "manifest", "not offered: an image has one platform"),
	OPT_INSTEAD('m', "memory*", "not offered: a RUN has no limits"),
	OPT_INSTEAD(0, "metadata-file", "use --iidfile"),
	OPT_INSTEAD(0, "network", "not offered: a RUN has the default network"),
	OPT_INSTEAD(0, "os", "use --platform; only this machine's can be built"),
	OPT_INSTEAD('o', "output", "use 'ct export IMAGE'"),
	OPT_INSTEAD(0, "progress", "use --quiet for no progress"),
	OPT_INSTEAD(0, "provenance", "not offered: no attestations"),
	OPT_INSTEAD(0, "pull-always", "use --pull"),
	OPT_INSTEAD(0, "pull-never", "not offered: images that are missing are pulled"),
	OPT_INSTEAD(0, "push", "use 'ct push' after it"),
	OPT_INSTEAD(0, "rm", "not needed: a step leaves no container"),
	OPT_INSTEAD(0, "sbom", "not offered: no attestations"),
	OPT_INSTEAD(0, "security-opt", "not offered: a RUN has the default filter"),
	OPT_INSTEAD(0, "shm-size", "use RUN --mount=type=tmpfs,target=/dev/shm"),
	OPT_INSTEAD(0, "squash", "not offered: each step becomes a layer"),
	OPT_INSTEAD(0, "squash-all",
		    "use 'ct export IMAGE | ct init -' (without the image config)"),
	OPT_INSTEAD(0, "ssh", "use --secret"),
	OPT_INSTEAD(0, "timestamp", "not offered: the times are those of the build"),
	OPT_INSTEAD(0, "tls-verify", "use 'ct pull --tls-verify=false' before"),
	OPT_INSTEAD(0, "ulimit", "use ulimit in RUN"),
	OPT_INSTEAD(0, "unsetenv", "use ENV NAME= in the Dockerfile"),
	OPT_INSTEAD(0, "userns", "not offered: a RUN has a user namespace as a container has"),
	OPT_INSTEAD('v', "volume", "use RUN --mount=type=bind or COPY"),
	OPT_END,
};

/* Reads NAME=VALUE, or NAME with the value of this process's variable, if it is set. */
static int read_build_args(const struct strv *texts, struct pairs *out, struct err *e)
{
	for (size_t i = 0; i < texts->n; i++) {
		const char *text = texts->v[i];

		if (!*text || *text == '=') {
			err_set(e, "--build-arg %s: not NAME=VALUE or NAME", text);
			return err_status(e, 2);
		}
		if (strchr(text, '='))
			pairs_put_text(out, text);
		else if (getenv(text))
			pairs_put(out, text, getenv(text));
	}
	return 0;
}

/* Reads id=ID,src=FILE. */
static int read_secret(const char *text, struct pairs *out, struct err *e)
{
	own_strv struct strv fields = {0};
	const char *id = NULL, *source = NULL;
	own_str char *path = NULL;
	struct stat st;

	strv_split(&fields, text, ',');
	for (size_t i = 0; i < fields.n; i++) {
		const char *value = strchr(fields.v[i], '=');
		size_t n = strcspn(fields.v[i], "=");
		own_str char *key = str_dup_n(fields.v[i], n);

		if (value && str_equal(key, "id"))
			id = value + 1;
		else if (value && (str_equal(key, "src") || str_equal(key, "source")))
			source = value + 1;
		else if (!str_equal(fields.v[i], "type=file"))
			return err_set(e, "--secret %s: not supported: %s", text, fields.v[i]);
	}
	if (!id || !*id || !source || !*source)
		return err_set(e, "--secret %s: not id=ID,src=FILE", text);
	if (pairs_get(out, id))
		return err_set(e, "--secret %s: given twice", id);
	path = realpath(source, NULL);
	if (!path || stat(path, &st) < 0)
		return err_sys(e, "--secret %s", source);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "--secret %s: not a regular file", source);
	if (strchr(path, ':')) /* the mount is an option SOURCE:TARGET:ro */
		return err_set(e, "--secret %s: a path with a colon is not supported", source);
	pairs_put(out, id, path);
	return 0;
}

int build_options(const struct build_args *args, struct strv *names, struct pairs *given,
		  struct pairs *secrets, struct err *e)
{
	own_str char *platform = str_fmt("linux/%s", image_arch());

	for (size_t i = 0; i < args->tags.n; i++) {
		struct err why;
		char *name = name_check_image(args->tags.v[i], &why);

		if (!name) {
			err_set(e, "--tag %s", why.msg);
			return err_status(e, 2);
		}
		if (strv_has(names, name))
			free(name);
		else
			strv_take(names, name);
	}
	for (size_t i = 0; i < args->labels.n; i++)
		if (!strchr(args->labels.v[i], '=') || args->labels.v[i][0] == '=') {
			err_set(e, "--label %s: not KEY=VALUE", args->labels.v[i]);
			return err_status(e, 2);
		}
	if (args->platform && !str_equal(args->platform, platform)) {
		err_set(e, "--platform %s: not supported on this machine, %s", args->platform,
			platform);
		return err_status(e, 2);
	}
	for (size_t i = 0; i < args->secrets.n; i++)
		if (read_secret(args->secrets.v[i], secrets, e) < 0)
			return err_status(e, 2);
	return read_build_args(&args->build_args, given, e);
}
