#include "kernel/nftrun.h"

#include <dlfcn.h>
#include <errno.h>
#include <nftables/libnftables.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/shell.h"
#include "base/str.h"

/* Made at the first use and kept: making it costs more than a command. */
static struct nft_ctx *context;

/* The functions of libnftables that are used. */
static __typeof__(nft_ctx_new) *ctx_new;
static __typeof__(nft_ctx_free) *ctx_free;
static __typeof__(nft_ctx_buffer_output) *ctx_buffer_output, *ctx_buffer_error;
static __typeof__(nft_ctx_get_error_buffer) *ctx_get_error;
static __typeof__(nft_run_cmd_from_buffer) *run_commands;

static int load(struct err *e)
{
	void *library = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return err_set(e, "%s", dlerror());
	ctx_new = dlsym(library, "nft_ctx_new");
	ctx_free = dlsym(library, "nft_ctx_free");
	ctx_buffer_output = dlsym(library, "nft_ctx_buffer_output");
	ctx_buffer_error = dlsym(library, "nft_ctx_buffer_error");
	ctx_get_error = dlsym(library, "nft_ctx_get_error_buffer");
	run_commands = dlsym(library, "nft_run_cmd_from_buffer");
	if (ctx_new && ctx_free && ctx_buffer_output && ctx_buffer_error && ctx_get_error &&
	    run_commands)
		return 0;
	return err_set(e, "libnftables: not the library it should be");
}

static void free_context(void)
{
	ctx_free(context);
}

static int make_context(struct err *e)
{
	if (context)
		return 0;
	if (load(e) < 0)
		return -1;
	context = ctx_new(NFT_CTX_DEFAULT);
	if (!context)
		return err_set(e, "libnftables cannot be set up");
	atexit(free_context);
	if (ctx_buffer_output(context) || ctx_buffer_error(context))
		return err_set(e, "libnftables cannot be set up");
	return 0;
}

/* nft gives the reason only as text: "Error: Could not process rule: No such file or directory",
 * then the place. */
static int read_failure(const char *what, const char *said, struct err *e)
{
	static const int known[] = {ENOENT, EEXIST, EPERM, EOPNOTSUPP};
	const char *why = str_starts(said, "Error: ") ? said + strlen("Error: ") : said;
	own_str char *line = str_dup_n(why, strcspn(why, "\n"));
	size_t n = strlen(line), m;

	err_set(e, "%s: %s", what, *line ? line : "nft: failed");
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		m = strlen(strerror(known[i]));
		if (n >= m && strcmp(line + n - m, strerror(known[i])) == 0)
			e->sys = known[i];
	}
	return -1;
}

int nftrun(const char *what, const char *commands, struct err *e)
{
	own_buf struct buf shell = {0};

	if (make_context(e) < 0)
		return err_wrap(e, "%s", what);
	if (run_commands(context, commands) != 0)
		return read_failure(what, ctx_get_error(context), e);
	nftrun_shell(commands, &shell);
	explain_note(shell.data, "%s: libnftables sends these commands by netlink", what);
	return 0;
}

void nftrun_script(const char *commands, struct buf *to)
{
	buf_fmt(to, "nft -f - <<END\n%sEND\n", commands);
}

/* A single line becomes an argument, several lines a here-document. */
void nftrun_shell(const char *commands, struct buf *to)
{
	own_str char *line = str_dup_n(commands, strcspn(commands, "\n"));

	if (strlen(commands) > strlen(line) + 1) {
		buf_fmt(to, "nft -f - <<'END'\n%sEND\n", commands);
		return;
	}
	buf_str(to, "nft ");
	shell_word(to, line);
	buf_str(to, "\n");
}
