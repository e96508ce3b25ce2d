#include "run/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/binfmts.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/sig.h"
#include "run/init.h"

void program_own_streams(const struct program *p)
{
	struct stat st;

	for (int i = 0; p->who.uid && i < 3; i++)
		if (fstat(p->stdio[i], &st) < 0 || !S_ISFIFO(st.st_mode) ||
		    fchown(p->stdio[i], p->who.uid, (gid_t)-1) < 0)
			continue;
}

static int take_streams(const struct program *p, struct err *e)
{
	/* Its own session: no signal from the user's terminal reaches it but through us. */
	if (!p->plain)
		setsid();
	if (p->tty && ioctl(p->stdio[0], TIOCSCTTY, 0) < 0)
		return err_sys(e, "controlling terminal");
	for (int i = 0; i < 3; i++)
		if (dup2(p->stdio[i], i) < 0)
			return err_sys(e, "standard streams");
	return 0;
}

static int become_user(const struct program *p, struct err *e)
{
	const struct user *u = &p->who;

	if (p->as_is)
		return 0;
	if (explained(setgroups((size_t)u->groups_n, u->groups), "setgroups(%d, ...)",
		      u->groups_n) < 0)
		return user_id_failed("one of the groups of user", u->uid, e);
	if (explained(setresgid(u->gid, u->gid, u->gid), "setresgid(%u, %u, %u)", u->gid, u->gid,
		      u->gid) < 0)
		return user_id_failed("group", u->gid, e);
	if (explained(setresuid(u->uid, u->uid, u->uid), "setresuid(%u, %u, %u)", u->uid, u->uid,
		      u->uid) < 0)
		return user_id_failed("user", u->uid, e);
	return 0;
}

/* The interpreter that a script names after "#!". false: it names none. */
static bool script_interpreter(int fd, char *name, size_t size)
{
	char line[BINPRM_BUF_SIZE + 1] = "", *start = line + 2;

	if (pread(fd, line, sizeof(line) - 1, 0) < 0 || !str_starts(line, "#!"))
		return false;
	start += strspn(start, " \t");
	start[strcspn(start, " \t\n")] = '\0';
	snprintf(name, size, "%s", start);
	return *name;
}

/* The dynamic loader that an ELF program names (PT_INTERP, elf(5)). */
static bool elf_interpreter(int fd, char *name, size_t size)
{
	Elf64_Ehdr head = {0};
	Elf64_Phdr part;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	for (size_t i = 0; i < head.e_phnum; i++) {
		if (pread(fd, &part, sizeof(part), (off_t)(head.e_phoff + i * sizeof(part))) !=
		    sizeof(part))
			return false;
		if (part.p_type == PT_INTERP)
			return part.p_filesz < size &&
				pread(fd, name, part.p_filesz, (off_t)part.p_offset) > 0 && *name;
	}
	return false;
}

/*
 * execve(2) fails with the error of the file that is missing or cannot be executed, which
 * may be the interpreter that this one names.
 */
static int exec_failed(const struct program *p, struct err *e)
{
	int sys = errno;
	own_fd int fd = open(p->file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool interpreters = sys == ENOENT || sys == ENOTDIR ||
		(sys == EACCES && faccessat(AT_FDCWD, p->file, X_OK, AT_EACCESS) == 0);
	char name[PATH_MAX] = "";

	if (fd >= 0 && interpreters &&
	    (script_interpreter(fd, name, sizeof(name)) ||
	     elf_interpreter(fd, name, sizeof(name)))) {
		errno = sys;
		err_sys(e, "%s: its interpreter %s", p->args->v[0], name);
	} else {
		errno = sys;
		err_sys(e, "%s", p->args->v[0]);
	}
	return err_status(e, sys == ENOENT || sys == ENOTDIR ? 127 : 126);
}

int program_exec(struct program *p, int report, struct err *e)
{
	if (p->init && init_fork(p->killed_by, e) < 0)
		return -1;
	if (take_streams(p, e) < 0)
		return -1;
	if (fchdir(p->workdir_fd) < 0)
		return err_sys(e, "working directory %s", p->workdir ? p->workdir : "/");
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return err_sys(e, "close descriptors");
	if (become_user(p, e) < 0)
		return -1;
	if (p->plain) {
		sigprocmask(SIG_SETMASK, &p->mask, NULL);
	} else {
		umask(022);
		sig_reset();
	}
	/* After the last change of ids: each of those clears it. */
	if (!p->init && !p->stays) {
		char word;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Whoever would be told of a failure died before that counted. */
		if (recv(report, &word, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
			_exit(125);
	}
	explain_ahead("execve(\"%s\", [\"%s\", ...], %zu variables)", p->file, p->args->v[0],
		      p->env.n);
	explained(execve(p->file, p->args->v, p->env.v), "execve(\"%s\")", p->file);
	return exec_failed(p, e);
}
