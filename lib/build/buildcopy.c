#include "build/buildcopy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/path.h"
#include "build/buildfetch.h"
#include "build/glob.h"
#include "build/stepcopy.h"
#include "build/tarlike.h"
#include "container/user.h"
#include "tar/untar.h"

int buildcopy_owner(int rootfs, const char *spec, uid_t *uid, gid_t *gid, struct err *e)
{
	struct user u;

	if (user_find(rootfs, spec, &u, e) < 0)
		return -1;
	*uid = u.uid;
	*gid = strspn(spec, "0123456789") == strlen(spec) ? u.uid : u.gid;
	return 0;
}

/*
 * sources_find keeps an excluded directory if "!" may include files of it again. Drops those of the
 * paths, from the first on, of which nothing is included; an error if it is not a pattern's.
 */
static int drop_excluded(const struct sources *from, const char *source, size_t first,
			 struct strv *paths, struct err *e)
{
	const struct graft g = {.ignore = from->ignore, .mode = -1};
	struct strv kept = {0};
	int r = 0;

	if (!from->ignore || !from->ignore->exceptions)
		return 0;
	for (size_t i = 0; i < paths->n; i++) {
		const char *path = paths->v[i];
		own_fd int fd = -1;
		int any = 1;

		if (i >= first && !str_equal(path, ".") && ignore_has_path(from->ignore, path)) {
			fd = sources_open(from, path, e);
			any = fd < 0 ? -1 : graft_takes_any(&g, fd, path, e);
		}
		if (any == 0 && !glob_is(source))
			any = err_set(e, "%s: excluded by .dockerignore", path);
		if (any < 0)
			r = -1;
		if (any > 0)
			strv_add(&kept, path);
	}
	strv_free(paths);
	*paths = kept;
	return r;
}

/*
 * Several files that a pattern matches need a directory; if it has to be made, DEST must say so
 * (BuildKit would make a file, podman a directory).
 */
static int check_dest(const struct step *step, const struct tip *tip, size_t files, struct err *e)
{
	if (files < 2 || step->dest[strlen(step->dest) - 1] == '/' || !tip ||
	    path_is_dir(tip->rootfs, step->dest))
		return 0;
	return err_set(e, "several files, but %s is no directory and does not end with \"/\"",
		       step->dest);
}

/*
 * Finds the files of all sources that are not URLs; fails if there is none. tip: the tree before
 * the step; NULL: not known yet.
 */
static int find_paths(const struct sources *from, const struct step *step, const struct tip *tip,
		      struct strv *paths, struct err *e)
{
	size_t plain = 0, first;

	for (size_t i = 0; i < step->args.n; i++) {
		if (stepcopy_is_url(step->args.v[i]))
			continue;
		plain++;
		first = paths->n;
		if (sources_find(from, step->args.v[i], paths, e) < 0 ||
		    drop_excluded(from, step->args.v[i], first, paths, e) < 0)
			return -1;
	}
	if (plain > 0 && plain == step->args.n && step->files_n == 0 && paths->n == 0) {
		own_str char *all = strv_join(&step->args, " ");

		return err_set(e, "%s: no file in %s matches", all, from->what);
	}
	return check_dest(step, tip, paths->n, e);
}

static struct sources context_of(const struct build *b)
{
	return (struct sources){
		.root = b->context, .confined = true, .ignore = b->ignore, .what = b->context_name};
}

int buildcopy_check(struct build *b, const struct step *step, struct err *e)
{
	struct sources from = context_of(b);
	own_strv struct strv paths = {0};

	if (step->from.stage >= 0 || step->from.image)
		return 0;
	for (size_t i = 0; i < step->args.n; i++)
		if (!stepcopy_is_url(step->args.v[i]) && b->context < 0)
			return err_set(e, "there is no context to take files from");
	return find_paths(&from, step, NULL, &paths, e);
}

static int open_source(struct copying *c, struct err *e)
{
	const struct step_source *from = &c->step->from;
	const struct tip *tip = NULL;

	c->from = context_of(c->b);
	if (from->stage < 0 && !from->image)
		return 0;
	if (build_source(c->b, from, &tip, e) < 0)
		return -1;
	if (tip->rootfs < 0)
		return err_set(e, "%s: has no files", from->image ? from->image : "that stage");
	c->from = (struct sources){.root = tip->rootfs,
				   .what = from->image ? from->image : "that stage"};
	return 0;
}

/* Adds a file that is in no source directory: a heredoc, or a fetched file. */
static char *add_file(struct copying *c, const char *name)
{
	strv_take(&c->files, str_fmt("file-%zu", c->files.n));
	strv_add(&c->names, name);
	return c->files.v[c->files.n - 1];
}

static int fetch(struct copying *c, const char *url, struct err *e)
{
	own_str char *name = buildfetch_name(url);
	char digest[DIGEST_LEN];

	return buildfetch(c->work->dir, add_file(c, name), url, c->step->checksum, digest, e);
}

static int open_files(struct copying *c, struct err *e)
{
	for (size_t i = 0; i < c->step->args.n; i++)
		if (stepcopy_is_url(c->step->args.v[i]) && fetch(c, c->step->args.v[i], e) < 0)
			return -1;
	for (size_t i = 0; i < c->step->files_n; i++) {
		const struct step_file *f = &c->step->files[i];

		if (file_write(c->work->dir, add_file(c, f->name), 0644, f->content,
			       strlen(f->content), e) < 0)
			return -1;
	}
	return 0;
}

static bool has_plain_file(const struct copying *c)
{
	struct stat st;
	struct err e;

	for (size_t i = 0; i < c->paths.n; i++) {
		own_fd int fd = sources_open(&c->from, c->paths.v[i], &e);

		if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
			return true;
	}
	return c->files.n > 0;
}

/*
 * BuildKit makes a --link copy as a layer of its own, without looking at the tree. Refuses what
 * would have another result there.
 */
static int check_link(const struct copying *c, const struct tip *tip, struct err *e)
{
	const char *dest = c->step->dest;
	own_str char *plain = buildstep_path("/", dest, false), *real = NULL;

	if (!c->step->link || tip->rootfs < 0)
		return 0;
	real = path_resolved(tip->rootfs, plain);
	if (!str_equal(plain, real))
		return err_set(e, "--link: %s leads through a symbolic link: not supported", dest);
	if (dest[strlen(dest) - 1] != '/' && path_is_dir(tip->rootfs, dest) && has_plain_file(c))
		return err_set(e, "--link: %s is a directory: end it with \"/\"", dest);
	return 0;
}

int buildcopy_open(struct copying *c, struct build *b, const struct step *step,
		   const struct tip *tip, const struct draft *work, struct err *e)
{
	*c = (struct copying){.b = b, .step = step, .tip = tip, .work = work};
	if (open_source(c, e) < 0)
		return -1;
	for (size_t i = 0; i < step->excludes.n; i++)
		if (ignore_add(&c->exclude, step->excludes.v[i], e) < 0)
			return err_wrap(e, "--exclude");
	/* Files of the context belong to root; files of a stage or an image keep their owners. */
	c->graft = (struct graft){.ignore = c->from.ignore,
				  .exclude = &c->exclude,
				  .owned = c->from.confined || step->chown,
				  .mode = step->chmod ? (int)strtol(step->chmod, NULL, 8) : -1};
	if (step->chown &&
	    buildcopy_owner(tip->rootfs, step->chown, &c->graft.uid, &c->graft.gid, e) < 0)
		return err_wrap(e, "--chown %s", step->chown);
	return find_paths(&c->from, step, tip, &c->paths, e) < 0 || open_files(c, e) < 0
		? -1
		: check_link(c, tip, e);
}

void buildcopy_close(struct copying *c)
{
	strv_free(&c->paths);
	strv_free(&c->files);
	strv_free(&c->names);
	ignore_free(&c->exclude);
}

/* Opens a file of the draft `work` as a source. */
static int open_work(const struct copying *c, const char *file, struct err *e)
{
	int fd = openat(c->work->dir, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "%s", file) : fd;
}

static const struct graft *graft_of_files(const struct copying *c, struct graft *g)
{
	*g = c->graft;
	g->ignore = NULL;
	g->owned = true;
	return g;
}

int buildcopy_key(struct copying *c, struct stepkey *k, struct err *e)
{
	struct graft plain;

	stepkey_add(k, c->step->dest);
	stepkey_add_number(k, c->graft.owned);
	stepkey_add_number(k, c->graft.uid);
	stepkey_add_number(k, c->graft.gid);
	stepkey_add_number(k, (uint64_t)c->graft.mode);
	stepkey_add_number(k, c->step->unpack);
	stepkey_add_number(k, c->step->unpack_url);
	for (size_t i = 0; i < c->paths.n; i++) {
		own_fd int fd = sources_open(&c->from, c->paths.v[i], e);
		own_strv struct strv lines = {0};
		const char *slash = strrchr(c->paths.v[i], '/');

		if (fd < 0 || graft_describe(&c->graft, fd, c->paths.v[i], &lines, e) < 0)
			return -1;
		stepkey_add(k, slash ? slash + 1 : c->paths.v[i]);
		stepkey_add_set(k, &lines);
	}
	for (size_t i = 0; i < c->files.n; i++) {
		own_fd int fd = open_work(c, c->files.v[i], e);
		own_strv struct strv lines = {0};

		if (fd < 0 ||
		    graft_describe(graft_of_files(c, &plain), fd, c->names.v[i], &lines, e) < 0)
			return -1;
		stepkey_add_set(k, &lines);
	}
	return 0;
}

/* Unpacks an archive into the directory dest. 1: the file is not an archive. */
static int unpack(struct copying *c, int fd, const char *path, int rootfs, struct err *e)
{
	struct untar_rules rules = {.follow = true,
				    .owned = c->step->chown != NULL,
				    .uid = c->graft.uid,
				    .gid = c->graft.gid};
	own_fd int archive = -1, dest = -1;
	own_str char *link = str_fmt("/proc/self/fd/%d", fd), *place = NULL;
	struct stat st;
	bool new;
	int r;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 1;
	archive = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (archive < 0)
		return err_sys(e, "%s", path);
	if (!tarlike(archive))
		return 1;
	place = path_resolved(rootfs, c->step->dest);
	new = faccessat(rootfs, place + 1, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	dest = graft_mkdirs(&c->graft, rootfs, c->step->dest, e);
	if (dest < 0)
		return -1;
	r = untar_merge(archive, path, dest, &rules, NULL, e);
	if (r >= 0 || !strstr(e->msg, "not a tar archive"))
		return r < 0 ? -1 : 0;
	/* A compressed file that is not an archive is copied like any other file. */
	if (new)
		unlinkat(rootfs, place + 1, AT_REMOVEDIR);
	return 1;
}

/* One source, already opened. */
static int place(struct copying *c, const struct graft *g, int fd, const char *name, bool unpacks,
		 int rootfs, struct err *e)
{
	int r = unpacks ? unpack(c, fd, name, rootfs, e) : 1;

	return r == 1 ? graft_copy(g, fd, name, rootfs, c->step->dest, e) : r;
}

int buildcopy_do(struct copying *c, int rootfs, struct err *e)
{
	size_t fetched = c->files.n - c->step->files_n;
	struct graft plain;

	for (size_t i = 0; i < c->paths.n; i++) {
		own_fd int fd = sources_open(&c->from, c->paths.v[i], e);

		if (fd < 0 ||
		    place(c, &c->graft, fd, c->paths.v[i], c->step->unpack, rootfs, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < c->files.n; i++) {
		own_fd int fd = open_work(c, c->files.v[i], e);

		if (fd < 0 ||
		    place(c, graft_of_files(c, &plain), fd, c->names.v[i],
			  i < fetched && c->step->unpack_url, rootfs, e) < 0)
			return -1;
	}
	return 0;
}
