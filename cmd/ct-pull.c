/* Pulls an image from a registry: reference, token, index, manifest, config, layers, image. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bar.h"
#include "base/err.h"
#include "base/own.h"
#include "base/record.h"
#include "cmd.h"
#include "image/blobs.h"
#include "image/fetch.h"
#include "image/http.h"
#include "image/import.h"
#include "image/remote.h"
#include "store/image.h"
#include "store/store.h"

enum { BLOB_AGE = 24 * 3600 };

enum stage { TOKEN, INDEX, MANIFEST, CONFIG, LAYERS, IMAGE };

static const char *const stage_names[] = {"token", "index", "manifest", "config", "layers"};

struct pull_args {
	const char *output, *platform, *creds;
	enum stage last;
	bool insecure, explain, quiet;
};

static int read_stage(void *to, const char *text, struct err *e)
{
	enum stage *stage = to;

	for (*stage = TOKEN; *stage < IMAGE; ++*stage)
		if (strcmp(text, stage_names[*stage]) == 0)
			return 0;
	return err_set(e, "%s: not token, index, manifest, config or layers", text);
}

static int read_verify(void *to, const char *text, struct err *e)
{
	bool *insecure = to;

	*insecure = strcmp(text, "false") == 0;
	return *insecure || strcmp(text, "true") == 0 ? 0
						      : err_set(e, "%s: not true or false", text);
}

static int read_platform(void *to, const char *text, struct err *e)
{
	*(const char **)to = text;
	return manifest_check_platform(text, e);
}

static const struct opt opts[] = {
	OPT_TEXT(struct pull_args, output, 'o', "output", "FILE|-",
		 "write an OCI archive to FILE instead of storing the image"),
	OPT_FORM(struct pull_args, last, 0, "print", "STAGE",
		 "stop after token, index, manifest, config or layers, and print its JSON",
		 read_stage),
	OPT_FORM(struct pull_args, platform, 0, "platform", "OS/ARCH[/VARIANT]",
		 "choose the platform from an index (default: this machine's)", read_platform),
	OPT_TEXT(struct pull_args, creds, 0, "creds", "USER:PASSWORD",
		 "log in with these credentials (default: docker's and podman's auth files)"),
	OPT_FORM(struct pull_args, insecure, 0, "tls-verify", "true|false",
		 "accept plain HTTP and any certificate if false (default: true)", read_verify),
	OPT_FLAG(struct pull_args, quiet, 'q', "quiet", "show no progress"),
	OPT_FLAG(struct pull_args, explain, 0, "explain",
		 "show the requests and system calls made, and equivalent shell commands"),
	OPT_INSTEAD('a', "all-tags", "use one 'ct pull' per tag"),
	OPT_INSTEAD(0, "arch", "use --platform OS/ARCH"),
	OPT_INSTEAD(0, "authfile", "use the variable REGISTRY_AUTH_FILE"),
	OPT_INSTEAD(0, "cert-dir", "not offered: the certificates are those of the host"),
	OPT_INSTEAD(0, "disable-content-trust", "not needed: signatures are not checked"),
	OPT_INSTEAD(0, "os", "use --platform OS/ARCH"),
	OPT_INSTEAD(0, "policy", "use 'ct run --pull'"),
	OPT_INSTEAD(0, "retry", "use 'until ct pull NAME; do sleep 1; done'"),
	OPT_INSTEAD(0, "variant", "use --platform OS/ARCH/VARIANT"),
	OPT_END,
};

static const struct opt_program program = {
	.name = "ct-pull",
	.operands = "NAME[:TAG|@DIGEST] | NAME TAG",
	.purpose = "Pull an image from a registry",
	.opts = opts,
	.min = 1,
	.max = 2,
};

static void print_layers(const struct manifest *m)
{
	for (size_t i = 0; i < m->n; i++)
		printf("{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%" PRIu64 "}\n",
		       m->list[i].type, m->list[i].digest, m->list[i].size);
}

static int print(const struct remote *r, enum stage stage, struct err *e)
{
	const struct buf *documents[] = {&r->registry.token_json, &r->index.json, &r->manifest.json,
					 &r->config.json};

	if (stage == INDEX && !r->indexed)
		return err_set(e, "%s: the registry has a manifest and no index", r->text);
	if (stage == LAYERS)
		print_layers(&r->image);
	else if (stage == TOKEN && documents[TOKEN]->len == 0)
		puts("{}"); /* the registry asked for no token */
	else
		fwrite(documents[stage]->data, 1, documents[stage]->len, stdout);
	return 0;
}

static int write_archive(struct remote *r, const char *path, struct err *e)
{
	bool to_stdout = strcmp(path, "-") == 0;
	own_fd int fd = to_stdout ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
				  : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	const char *target = to_stdout ? "standard output" : path;
	struct stat st;

	if (fd < 0)
		return err_sys(e, "%s", target);
	if (remote_write(r, fd, target, e) == 0)
		return close(take_fd(&fd)) < 0 ? err_sys(e, "%s", target) : 0;
	/* libcurl ignores SIGPIPE while it writes: end by the signal, as any other writer does. */
	if (to_stdout && e->sys == EPIPE)
		raise(SIGPIPE);
	if (!to_stdout && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		unlink(path);
	return -1;
}

static struct fetch fetch;
static struct {
	size_t done, all;
	uint64_t unpacked, before; /* bytes: of all layers so far, and without the present one */
} layers;

/* What is waited for: the bytes that have to come, then the files that have to be made of them. */
static void show_progress(void)
{
	own_str char *what = NULL;
	uint64_t got, of;

	fetch_count(&fetch, &got, &of);
	what = str_fmt("%s, %zu of %zu layers", got < of ? "fetch" : "unpack", layers.done,
		       layers.all);
	if (got < of)
		cmd_bar(what, got, of);
	else
		cmd_bar(what, layers.unpacked, 0);
}

static void unpack_progress(uint64_t entries, uint64_t bytes)
{
	(void)entries;
	layers.unpacked = layers.before + bytes;
	show_progress();
}

static void layer_done(void *arg, size_t i)
{
	layers.done++;
	layers.before = layers.unpacked;
	fetch_done(arg, i);
}

static int keep(struct remote *r, const struct store *s, char id[ID_LEN], struct err *e)
{
	bool terminal = cmd_has_bar();
	struct import in = {.store = s,
			    .config = &r->record,
			    .config_json = &r->config.json,
			    .manifest_json = &r->manifest.json,
			    .blobs = r->image.list,
			    .open = fetch_open,
			    .more = fetch_more,
			    .idle = fetch_idle,
			    .whole = fetch_whole,
			    .settled = true,
			    .done = layer_done,
			    .arg = &fetch,
			    .progress = terminal ? unpack_progress : NULL};
	own_strv struct strv names = {0};
	int failed;

	remote_names(r, &names); /* errors of the registry already begin with the first name */
	layers.all = r->image.n;
	fetch = (struct fetch){.store = s,
			       .registry = &r->registry,
			       .image = &r->image,
			       .chains = &r->chains,
			       .progress = terminal ? show_progress : NULL};
	failed = fetch_begin(&fetch, e) < 0 ? -1 : import_image(&in, &names, id, e);
	fetch_end(&fetch, failed ? e : NULL);
	cmd_bar_end();
	return failed && !str_starts(e->msg, names.v[0]) ? err_wrap(e, "%s", names.v[0]) : failed;
}

static int make_image(struct remote *r, struct err *e)
{
	own_store struct store s = STORE_NONE;
	char id[ID_LEN];
	struct err ignored;

	if (store_open(&s, STORE_UP, e) < 0)
		return -1;
	if (s.note[0])
		cmd_note("%s", s.note);
	blobs_sweep(&s, BLOB_AGE, &ignored);
	if ((!remote_known(r, &s) && remote_config(r, e) < 0) || keep(r, &s, id, e) < 0)
		return -1;
	puts(id);
	return 0;
}

/* Goes from stage to stage, up to the last one that the user asked for. */
static int pull(struct remote *r, const struct pull_args *args, struct err *e)
{
	enum stage last = args->last;

	if (registry_login(&r->registry, e) < 0 || (last >= INDEX && remote_resolve(r, e) < 0) ||
	    (last >= MANIFEST && remote_manifest(r, e) < 0))
		return -1;
	if (last == IMAGE && !args->output)
		return make_image(r, e);
	if (last >= CONFIG && remote_config(r, e) < 0)
		return -1;
	return last < IMAGE ? print(r, last, e) : write_archive(r, args->output, e);
}

static void say_retry(const char *why)
{
	cmd_note("%s", why);
}

int main(int argc, char **argv)
{
	struct pull_args args = {.last = IMAGE};
	char **operands = cmd_begin(&program, argc, argv, &args);
	own_str char *text = operands[1] ? str_fmt("%s:%s", operands[0], operands[1])
					 : str_dup(operands[0]);
	own_remote struct remote r = {0};
	struct err e;

	if (args.last < IMAGE && args.output) {
		err_set(&e, "--print and --output: cannot be used together");
		err_status(&e, 2);
		return cmd_failed(&e);
	}
	cmd_explain(args.explain);
	if (args.quiet)
		cmd_bar_off();
	if (http_begin(args.insecure, &e) < 0 ||
	    remote_open(&r, text, args.platform, args.creds, &e) < 0)
		return cmd_failed(&e);
	/* On a terminal only: scripts rely on one line an error. */
	r.registry.retry = isatty(STDERR_FILENO) ? say_retry : NULL;
	if (pull(&r, &args, &e) == 0)
		return cmd_end(0);
	registry_hide(&r.registry, &e);
	return cmd_failed(&e);
}
