#include "image/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "image/blobfill.h"
#include "image/blobs.h"
#include "store/layerstore.h"

enum { PROGRESS_MS = 100 };

struct fetch_layer {
	int fd;          /* the blob's file; -1: the store has the layer */
	bool mine;       /* first layer with this blob: only this one is fetched */
	bool begun;      /* a process reported that its file grows from its first byte on */
	bool there;      /* a process reported that it is fetched and verified */
	bool used, done; /* the caller got the file; the caller unpacked it */
};

struct fetch_shared {
	_Atomic size_t next; /* the next layer to fetch */
	struct growth of[];  /* each layer */
};

enum result { FAILED = -1, FETCHED, BEGUN };

struct fetch_report {
	size_t i;
	enum result result;
	struct err err;
};

static size_t shared_size(const struct fetch *f)
{
	return sizeof(struct fetch_shared) + f->image->n * sizeof(struct growth);
}

/* --- in a fetcher --- */

static int tell(int to, size_t i, enum result result, const struct err *e)
{
	struct fetch_report r = {.i = i, .result = result};

	if (result == FAILED)
		r.err = *e;
	return write(to, &r, sizeof(r)) == sizeof(r) ? 0 : -1;
}

static int fetch_layer(struct fetch *f, size_t i, int reports, struct err *e)
{
	const struct descriptor *blob = &f->image->list[i];
	struct growth *growth = &f->shared->of[i];
	int fd = f->layers[i].fd, whole = blob_claim(fd, blob, e);
	struct stat st;

	if (whole < 0)
		return -1;
	/* Another pull may have unpacked the layer, and removed the blob, before this file was
	 * made. */
	if (whole || layerstore_have(f->store, f->chains->v[i])) {
		growth->got = blob->size;
		return 0;
	}
	/* What an earlier pull left may be wrong: then the blob is unpacked when it is complete. */
	if (fstat(fd, &st) == 0 && st.st_size == 0 && tell(reports, i, BEGUN, NULL) < 0)
		_exit(1);
	return blobfill(f->registry, fd, blob, growth, e) < 0 ? -1 : blob_finish(fd, blob, e);
}

static void fetch_all(struct fetch *f, int to)
{
	struct err e = {0};
	size_t i;
	int r;

	while ((i = f->shared->next++) < f->image->n) {
		if (!f->layers[i].mine)
			continue;
		r = fetch_layer(f, i, to, &e);
		growth_end(&f->shared->of[i], r < 0 ? -1 : 1);
		if (tell(to, i, r < 0 ? FAILED : FETCHED, &e) < 0 || r < 0)
			_exit(1);
	}
	_exit(0);
}

/* --- in the caller's process --- */

/* Returns the number of layers to fetch. */
static int open_layers(struct fetch *f, struct err *e)
{
	int n = 0;

	f->layers = mem_alloc(f->image->n * sizeof(*f->layers));
	for (size_t i = 0; i < f->image->n; i++)
		f->layers[i].fd = -1;
	for (size_t i = 0; i < f->image->n; i++) {
		struct fetch_layer *l = &f->layers[i];

		if (layerstore_have(f->store, f->chains->v[i]))
			continue;
		for (size_t k = 0; k < i && l->fd < 0; k++)
			if (strcmp(f->image->list[k].digest, f->image->list[i].digest) == 0)
				l->fd = f->layers[k].fd;
		if (l->fd >= 0)
			continue;
		l->mine = true;
		l->fd = blob_open(f->store, &f->image->list[i], e);
		if (l->fd < 0)
			return -1;
		n++;
	}
	return n;
}

static int start_fetchers(struct fetch *f, int n, int to, struct err *e)
{
	pid_t parent = getpid();

	for (int i = 0; i < n && i < FETCH_AT_ONCE; i++) {
		f->fetchers[i] = fork();
		if (f->fetchers[i] < 0)
			return err_sys(e, "start a process to fetch layers");
		if (f->fetchers[i] > 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		close(f->reports);
		fetch_all(f, to);
	}
	return 0;
}

int fetch_begin(struct fetch *f, struct err *e)
{
	own_fd int to = -1;
	int pair[2], n;

	memset(f->fetchers, 0, sizeof(f->fetchers));
	f->reports = -1;
	f->shared = mmap(NULL, shared_size(f), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	if (f->shared == MAP_FAILED)
		abort();
	n = open_layers(f, e);
	if (n < 0)
		return -1;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe to the processes that fetch layers");
	f->reports = pair[0];
	to = pair[1];
	return start_fetchers(f, n, to, e);
}

static bool is_full(const struct err *e)
{
	return e->sys == ENOSPC || e->sys == EDQUOT;
}

/*
 * Whether the fetched layers are useless: if the import failed although every layer that it asked
 * for was there, the next import would fail too. Exceptions are: a full disk, a limit that the user
 * may raise (bounds.h), and an unpacking process that was killed.
 */
static bool is_useless(const struct fetch *f, const struct err *why)
{
	size_t i = 0;

	if (!why || is_full(why) || why->sys == EFBIG || why->sys == EINTR)
		return false;
	while (i < f->image->n && f->layers[i].done)
		i++;
	return i == f->image->n || f->layers[i].used;
}

static bool is_empty(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_size == 0;
}

void fetch_end(struct fetch *f, const struct err *why)
{
	bool useless = f->layers && is_useless(f, why);
	struct err ignored;

	if (!f->layers)
		return;
	for (int i = 0; i < FETCH_AT_ONCE; i++)
		if (f->fetchers[i] > 0) {
			kill(f->fetchers[i], SIGKILL);
			waitpid(f->fetchers[i], NULL, 0);
		}
	for (size_t i = 0; i < f->image->n; i++)
		if (useless || is_empty(f->layers[i].fd))
			blob_remove(f->store, &f->image->list[i]);
	for (size_t i = 0; i < f->image->n; i++)
		if (f->layers[i].mine)
			own_close(&f->layers[i].fd);
	if (useless)
		layerstore_collect(f->store, &ignored);
	own_close(&f->reports);
	free(f->layers);
	munmap(f->shared, shared_size(f));
	*f = (struct fetch){.reports = -1};
}

void fetch_count(const struct fetch *f, uint64_t *got, uint64_t *of)
{
	*got = *of = 0;
	for (size_t i = 0; i < f->image->n; i++)
		if (f->layers[i].mine) {
			*got += f->shared->of[i].got;
			*of += f->image->list[i].size;
		}
}

/* The first layer with the same blob as layer i. */
static size_t fetched_as(const struct fetch *f, size_t i)
{
	size_t k = 0;

	while (!f->layers[k].mine || f->layers[k].fd != f->layers[i].fd)
		k++;
	return k;
}

/* Takes the next report of a fetcher. Waits for it, but not longer than `ms`. */
static void hear(struct fetch *f, int ms)
{
	struct pollfd p = {.fd = f->reports, .events = POLLIN};
	struct fetch_report r;

	if (f->failed)
		return;
	if (poll(&p, 1, ms) <= 0) {
		if (f->progress)
			f->progress();
		return;
	}
	if (read(f->reports, &r, sizeof(r)) != sizeof(r)) {
		err_set(&r.err, "a process that fetches layers was killed");
		r.result = FAILED;
	}
	if (r.result == FAILED) {
		f->failed = true;
		f->why = r.err;
		return;
	}
	f->layers[r.i].begun = true;
	f->layers[r.i].there = r.result == FETCHED;
}

/* Waits until the layer is there, or at least begins to arrive. */
static int wait_for(struct fetch *f, const struct fetch_layer *l, bool whole, struct err *e)
{
	while (!l->there && (whole || !l->begun)) {
		if (f->failed) {
			*e = f->why;
			return -1;
		}
		hear(f, f->progress ? PROGRESS_MS : -1);
	}
	return 0;
}

int fetch_open(void *fetch, size_t i, struct err *e)
{
	struct fetch *f = fetch;
	struct fetch_layer *l = &f->layers[fetched_as(f, i)];
	own_str char *again = NULL;
	int fd;

	if (wait_for(f, l, false, e) < 0)
		return -1;
	/* A new open file description has its own file position. */
	again = str_fmt("/proc/self/fd/%d", l->fd);
	fd = open(again, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "blobs/%s", digest_hex(f->image->list[i].digest)) : fd;
}

int fetch_more(void *fetch, size_t i, uint64_t have, struct err *e)
{
	const struct fetch *f = fetch;

	return growth_wait(&f->shared->of[fetched_as(f, i)], have, e);
}

void fetch_idle(void *fetch)
{
	struct fetch *f = fetch;

	/* A fetcher that was killed tells nobody: the readers of its layer would wait for ever. */
	hear(f, 0);
	for (size_t i = 0; f->failed && i < f->image->n; i++)
		if (f->layers[i].mine && !f->layers[i].there && !f->shared->of[i].ended)
			growth_end(&f->shared->of[i], -1);
}

int fetch_whole(void *fetch, size_t i, struct err *e)
{
	struct fetch *f = fetch;

	if (wait_for(f, &f->layers[fetched_as(f, i)], true, e) < 0)
		return -1;
	f->layers[i].used = true;
	return 0;
}

void fetch_done(void *fetch, size_t i)
{
	struct fetch *f = fetch;

	f->layers[i].done = true;
	if (f->layers[i].fd >= 0)
		blob_remove(f->store, &f->image->list[i]);
	else /* a pull that was killed after it had kept the layer has left the blob */
		blob_remove_unused(f->store, &f->image->list[i]);
}
