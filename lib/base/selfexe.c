#include "base/selfexe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

/* Copies of main's arguments: unchanged, and as option parsing reorders them. Kept until exit. */
static char **args, **list;
/* Where the arguments are shown from, and how many bytes the title may have there. */
static char *shown;
static size_t room;

char **selfexe_take_args(char **argv)
{
	size_t n = 0;

	while (argv[n])
		n++;
	args = mem_alloc((n + 1) * sizeof(*args));
	list = mem_alloc((n + 1) * sizeof(*list));
	for (size_t i = 0; i < n; i++)
		args[i] = list[i] = str_dup(argv[i]);
	/* The kernel puts the environment directly behind the arguments (execve(2)). */
	if (n) {
		shown = argv[0];
		room = (size_t)(argv[n - 1] + strlen(argv[n - 1]) + 1 - argv[0]);
	}
	return list;
}

/* The program's name as it was called, without directories: "ct-run". */
static const char *name(void)
{
	const char *called = args && *args ? *args : "ct", *slash = strrchr(called, '/');

	return slash ? slash + 1 : called;
}

static int find_end(struct dl_phdr_info *object, size_t size, void *end)
{
	off_t *to = end, last;

	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];

		last = (off_t)(part->p_offset + part->p_filesz);
		if (part->p_type == PT_LOAD && last > *to)
			*to = last;
	}
	return 1; /* the first object is the program */
}

/* The parts that are loaded. They come first in the file; three quarters of it may be symbols and
 * debug information. */
static int copy(int from, int to)
{
	off_t done = 0, end = 0;

	dl_iterate_phdr(find_end, &end);
	while (done < end)
		if (sendfile(to, from, &done, (size_t)(end - done)) <= 0)
			return -1;
	return fcntl(to, F_ADD_SEALS, SEALS);
}

static bool has_seals(int exe)
{
	return fcntl(exe, F_GET_SEALS) == SEALS;
}

/* On a mount that is attached nowhere (lend) the path of a program is "/". */
static bool is_lent(int exe)
{
	struct statvfs st;
	char path[2];

	return readlink("/proc/self/exe", path, sizeof(path)) == 1 && fstatvfs(exe, &st) == 0 &&
		st.f_flag & ST_RDONLY;
}

static bool is_sealed(int exe)
{
	return has_seals(exe) || is_lent(exe);
}

/*
 * The program on a read-only mount of its own, which costs less than a copy. The mount is detached
 * as soon as the program is executed, and from then on no process can make it writable: mount(2)
 * and mount_setattr(2) refuse a mount that is in no mount namespace.
 */
static int lend(void)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	own_fd int fd = open_tree(AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return -1;
	return take_fd(&fd);
}

bool selfexe_sealed(void)
{
	own_fd int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	return self >= 0 && is_sealed(self);
}

char *selfexe_beside(const char *name)
{
	char self[PATH_MAX];
	ssize_t n = selfexe_sealed() ? -1 : readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	return str_fmt("%s/%s", self, name);
}

/* Reads the fields of /proc/self/stat (proc(5)) that PR_SET_MM_MAP requires together. */
static bool read_layout(struct prctl_mm_map *m)
{
	enum {
		START_CODE = 26,
		END_CODE,
		START_STACK,
		START_DATA = 45,
		END_DATA,
		START_BRK,
		ARG_START,
		ARG_END,
		ENV_START,
		ENV_END,
		FIELDS
	};
	own_buf struct buf text = {0};
	struct err ignored;
	uint64_t v[FIELDS] = {0};
	char *p;

	if (file_read(AT_FDCWD, "/proc/self/stat", 4096, &text, &ignored) < 0)
		return false;
	/* Field 2, the process name, may contain anything: the last ')' ends it. */
	p = strrchr(text.data, ')');
	for (int i = 3; p && i < FIELDS; i++) {
		p = strchr(p + 1, ' ');
		if (p)
			v[i] = strtoull(p + 1, NULL, 10);
	}
	*m = (struct prctl_mm_map){
		.start_code = v[START_CODE],
		.end_code = v[END_CODE],
		.start_data = v[START_DATA],
		.end_data = v[END_DATA],
		.start_brk = v[START_BRK],
		.start_stack = v[START_STACK],
		.arg_start = v[ARG_START],
		.arg_end = v[ARG_END],
		.env_start = v[ENV_START],
		.env_end = v[ENV_END],
		.exe_fd = (uint32_t)-1,
	};
	return m->arg_start && m->arg_start < m->arg_end;
}

/* Maps a loaded part of the program from `exe`, or, where it is writable, from a copy of its memory.
 */
static bool move_part(const ElfW(Phdr) * part, uintptr_t base, int exe)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = base + part->p_vaddr;
	size_t skip = start % page, len = (skip + part->p_filesz + page - 1) / page * page;
	void *at = (void *)(start - skip), *copied;

	if (!(part->p_flags & PF_W))
		return mmap(at, len, PROT_READ | (part->p_flags & PF_X ? PROT_EXEC : 0),
			    MAP_PRIVATE | MAP_FIXED, exe,
			    (off_t)(part->p_offset - skip)) != MAP_FAILED;
	copied = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copied == MAP_FAILED)
		return false;
	/* By the kernel: a sanitizer lets no memcpy(3) pass from one variable to the next. */
	if (process_vm_readv(getpid(), &(struct iovec){copied, len}, 1, &(struct iovec){at, len}, 1,
			     0) != (ssize_t)len)
		return false;
	return mremap(copied, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, at) != MAP_FAILED;
}

/* The pages that the dynamic loader has made read-only (RELRO). */
static bool protect_part(const ElfW(Phdr) * part, uintptr_t base)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = base + part->p_vaddr;
	uintptr_t end = (start + part->p_memsz) / page * page;

	start = start / page * page;
	return mprotect((void *)start, end - start, PROT_READ) == 0;
}

/* Gives 2 where all parts have moved. */
static int move_parts(struct dl_phdr_info *object, size_t size, void *exe)
{
	const ElfW(Phdr) *parts = object->dlpi_phdr;

	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++)
		if (parts[i].p_type == PT_LOAD &&
		    !move_part(&parts[i], object->dlpi_addr, *(int *)exe))
			return 1;
	for (int i = 0; i < object->dlpi_phnum; i++)
		if (parts[i].p_type == PT_GNU_RELRO && !protect_part(&parts[i], object->dlpi_addr))
			return 1;
	return 2; /* the first object is the program */
}

/*
 * Makes this process one that has executed the lent program, without executing it: that would
 * start the dynamic loader a second time, a tenth of a run's work. The kernel lets /proc/self/exe
 * be another file when nothing of the old one is mapped, and in this PR_SET_MM needs
 * CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN. False: the program is still to be executed.
 */
static bool move_to(int lent)
{
	own_str char *path = str_fmt("/proc/self/fd/%d", lent);
	own_fd int exe = open(path, O_RDONLY | O_CLOEXEC);
	struct prctl_mm_map m;

	if (exe < 0 || !read_layout(&m) || dl_iterate_phdr(move_parts, &exe) != 2)
		return false;
	m.exe_fd = (uint32_t)exe;
	m.brk = (uintptr_t)sbrk(0);
	return prctl(PR_SET_MM, PR_SET_MM_MAP, &m, sizeof(m), 0) == 0;
}

int selfexe_seal(struct err *e)
{
	own_fd int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), sealed = -1;

	if (self < 0)
		return err_sys(e, "/proc/self/exe");
	if (is_sealed(self))
		return 0;
	sealed = lend();
	if (sealed >= 0 && move_to(sealed))
		return 0;
	if (sealed >= 0)
		fexecve(sealed, args, environ);
	own_close(&sealed);
	sealed = memfd_create(name(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (sealed < 0 || copy(self, sealed) < 0)
		return err_sys(e, "%s: copy the program into memory", name());
	fexecve(sealed, args, environ);
	return err_sys(e, "%s: execute the program's copy in memory", name());
}

void selfexe_retitle(const char *title)
{
	struct prctl_mm_map m;
	size_t n = strlen(title) + 1;
	char *larger;

	if (!shown)
		return;
	memset(shown, 0, room);
	if (n <= room) {
		memcpy(shown, title, n);
		return;
	}
	/*
	 * The title needs a larger place. It must be on the heap, because the kernel shows
	 * anonymous memory only. PR_SET_MM_MAP is the only operation of PR_SET_MM without a
	 * required capability.
	 */
	larger = str_dup(title);
	if (read_layout(&m)) {
		m.arg_start = (uintptr_t)larger;
		m.arg_end = m.arg_start + n;
		m.brk = (uintptr_t)sbrk(0);
		if (prctl(PR_SET_MM, PR_SET_MM_MAP, &m, sizeof(m), 0) == 0) {
			shown = larger; /* an earlier one is kept until exit */
			room = n;
			return;
		}
	}
	free(larger);
	memcpy(shown, title, room - 1); /* without CONFIG_CHECKPOINT_RESTORE: truncate the title */
}

enum { MAX_PARTS = 8, STACK = 256 << 10 };

struct parts {
	size_t n;
	struct {
		void *start;
		size_t len;
	} v[MAX_PARTS];
};

static int find_parts(struct dl_phdr_info *object, size_t size, void *found)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start;
	struct parts *parts = found;

	(void)size;
	for (int i = 0; i < object->dlpi_phnum && parts->n < MAX_PARTS; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];

		if (part->p_type != PT_LOAD || part->p_flags & PF_W)
			continue;
		start = (object->dlpi_addr + part->p_vaddr) / page * page;
		parts->v[parts->n].start = (void *)start;
		parts->v[parts->n++].len = object->dlpi_addr + part->p_vaddr + part->p_memsz -
			start;
	}
	return 1; /* the first object is the program */
}

/*
 * The kernel maps 64 kB around a page that it maps: `hot` functions are beside each other in the
 * program, and nothing is read from it once it is unmapped.
 */
__attribute__((hot)) void selfexe_forget_code(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	struct parts parts = {0};
	uintptr_t unused = ((uintptr_t)__builtin_frame_address(0) / page - 2) * page;

	dl_iterate_phdr(find_parts, &parts);
	madvise((void *)(unused - STACK), STACK, MADV_DONTNEED);
	for (size_t i = 0; i < parts.n; i++)
		madvise(parts.v[i].start, parts.v[i].len, MADV_DONTNEED);
}

void selfexe_show(const char *what)
{
	own_str char *title = str_fmt("%s: %s", name(), what);

	selfexe_retitle(title);
}
