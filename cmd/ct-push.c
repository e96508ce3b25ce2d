/* Pushes an image to a registry. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bar.h"
#include "base/own.h"
#include "cmd.h"
#include "image/http.h"
#include "image/outgoing.h"
#include "image/upload.h"
#include "store/layerstore.h"
#include "store/names.h"
#include "store/store.h"

struct push_args {
	const char *creds;
	bool insecure, explain, quiet;
};

static int read_verify(void *to, const char *text, struct err *e)
{
	bool *insecure = to;

	*insecure = strcmp(text, "false") == 0;
	return *insecure || strcmp(text, "true") == 0 ? 0
						      : err_set(e, "%s: not true or false", text);
}

static const struct opt opts[] = {
	OPT_TEXT(struct push_args, creds, 0, "creds", "USER:PASSWORD",
		 "log in with these credentials (default: docker's and podman's auth files)"),
	OPT_FORM(struct push_args, insecure, 0, "tls-verify", "true|false",
		 "accept plain HTTP and any certificate if false (default: true)", read_verify),
	OPT_FLAG(struct push_args, quiet, 'q', "quiet", "show no progress"),
	OPT_FLAG(struct push_args, explain, 0, "explain", "show the requests made"),
	OPT_INSTEAD(0, "all", "not needed: an image has one platform"),
	OPT_INSTEAD(0, "authfile", "use the variable REGISTRY_AUTH_FILE"),
	OPT_INSTEAD(0, "cert-dir", "not offered: the certificates are those of the host"),
	OPT_INSTEAD(0, "compress", "not needed: layers are pushed compressed"),
	OPT_INSTEAD(0, "compression-format", "not offered: layers are compressed with gzip"),
	OPT_INSTEAD(0, "digestfile", "use 'ct push IMAGE >FILE': the digest is printed"),
	OPT_INSTEAD(0, "disable-content-trust", "not needed: signatures are not checked"),
	OPT_INSTEAD(0, "format", "not offered: the manifest is an OCI manifest"),
	OPT_INSTEAD(0, "remove-signatures", "not needed: images are not signed"),
	OPT_INSTEAD(0, "sign-by", "not offered: images are not signed"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-push",
	.operands = "IMAGE [NAME[:TAG]]",
	.purpose = "Push an image to a registry",
	.opts = opts,
	.min = 1,
	.max = 2,
};

static void progress(size_t blobs, size_t of, uint64_t bytes, uint64_t of_bytes)
{
	own_str char *what = str_fmt("push, %zu of %zu blobs", blobs, of);

	cmd_bar(what, bytes, of_bytes);
}

static void say_retry(const char *why)
{
	cmd_note("%s", why);
}

/* Where the image goes: the second operand, or the image's name. */
static int read_target(const struct store *s, char **operands, struct ref *to, struct err *e)
{
	own_str char *name = operands[1] ? str_dup(operands[1])
		: id_kind(operands[0])   ? NULL
					 : name_meant(s, operands[0]);

	if (!name)
		return err_set(e, "%s: the name to push it to is missing", operands[0]);
	if (ref_parse(name, to, e) < 0)
		return -1;
	return to->digest ? err_set(e, "%s: an image is pushed to a tag, not to a digest", name)
			  : 0;
}

/*
 * Other repositories of the registry that have the image, by its names: the registry may take blobs
 * from them.
 */
static int find_sources(const struct store *s, const char *id, const struct ref *to,
			struct strv *sources, struct err *e)
{
	own_strv struct strv names = {0};

	if (name_list(s, "img", id, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		own_ref struct ref r = {0};
		struct err ignored;

		if (ref_parse(names.v[i], &r, &ignored) == 0 && strcmp(r.host, to->host) == 0 &&
		    strcmp(r.repository, to->repository) != 0 && !strv_has(sources, r.repository))
			strv_add(sources, r.repository);
	}
	return 0;
}

static int send_image(const struct store *s, const char *ref, struct registry *r, struct err *e)
{
	bool terminal = cmd_has_bar();
	own_outgoing struct outgoing image = {0};
	own_fd int held = layerstore_hold(s, e);
	struct upload u = {&image, r, terminal ? progress : NULL};
	int failed;

	if (held < 0)
		return -1;
	/* The registry is asked before a layer is compressed, so that a refusal comes at once. */
	if (registry_login(r, e) < 0)
		return -1;
	cmd_bar_task("compress", 0);
	failed = outgoing_open(s, ref, true, terminal ? cmd_progress : NULL, &image, e) < 0 ||
		upload_image(&u, e) < 0;
	cmd_bar_end();
	if (!failed)
		printf("%s\n", image.manifest_is.digest);
	return failed ? -1 : 0;
}

static int push(const struct store *s, const char *ref, const char *id, struct registry *r,
		struct err *e)
{
	if (find_sources(s, id, r->ref, &r->sources, e) < 0)
		return -1;
	r->actions = "pull,push";
	/* Only on a terminal: scripts rely on one line for each error. */
	r->retry = isatty(STDERR_FILENO) ? say_retry : NULL;
	return send_image(s, ref, r, e);
}

int main(int argc, char **argv)
{
	struct push_args args = {0};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_registry struct registry r = {0};
	own_store struct store s = STORE_NONE;
	own_ref struct ref to = {0};
	char id[ID_LEN];
	struct err e;

	cmd_explain(args.explain);
	if (args.quiet)
		cmd_bar_off();
	if (store_open(&s, STORE_LOOK, &e) < 0)
		return cmd_failed(&e);
	if (*s.note)
		cmd_note("%s", s.note);
	if (name_resolve(&s, "img", operands[0], id, &e) < 0 ||
	    read_target(&s, operands, &to, &e) < 0 || http_begin(args.insecure, &e) < 0 ||
	    registry_open(&r, &to, args.creds, &e) < 0)
		return cmd_failed(&e);
	if (push(&s, operands[0], id, &r, &e) == 0)
		return cmd_end(0);
	registry_hide(&r, &e);
	return cmd_failed(&e);
}
