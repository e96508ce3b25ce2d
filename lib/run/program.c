#include "run/program.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/sig.h"
#include "kernel/caps.h"
#include "run/bundleproc.h"
#include "run/execerror.h"
#include "run/init.h"

void program_own_streams(const struct program *p)
{
	uid_t uid = p->process ? p->process->user.uid : p->who.uid;
	struct stat st;

	for (int i = 0; uid && i < 3; i++)
		if (fstat(p->stdio[i], &st) == 0 &&
		    (S_ISFIFO(st.st_mode) || (p->process && S_ISREG(st.st_mode))))
			explained(fchown(p->stdio[i], uid, (gid_t)-1), "fchown(%d, %u, -1)",
				  p->stdio[i], uid);
}

static int take_streams(const struct program *p, struct err *e)
{
	/* A session of its own: signals of the user's terminal reach it only through the
	 * supervisor. */
	if (!p->plain)
		explained(setsid(), "setsid()");
	if (p->tty &&
	    explained(ioctl(p->stdio[0], TIOCSCTTY, 0), "ioctl(%d, TIOCSCTTY, 0)", p->stdio[0]) < 0)
		return err_sys(e, "set the controlling terminal");
	for (int i = 0; i < 3; i++)
		if (explained(dup2(p->stdio[i], i), "dup2(%d, %d)", p->stdio[i], i) < 0)
			return err_sys(e, "set the standard streams");
	return 0;
}

int program_exec(struct program *p, int report, struct err *e)
{
	unsigned first = 3 + (p->process ? (unsigned)p->process->preserve_fds : 0);

	if (p->init && init_fork(p->killed_by, e) < 0)
		return -1;
	if (take_streams(p, e) < 0)
		return -1;
	if (explained(fchdir(p->workdir_fd), "fchdir(%d)", p->workdir_fd) < 0)
		return err_sys(e, "working directory %s", p->workdir ? p->workdir : "/");
	if (explained(close_range(first, ~0U, CLOSE_RANGE_CLOEXEC),
		      "close_range(%u, ~0U, CLOSE_RANGE_CLOEXEC)", first) < 0)
		return err_sys(e, "close descriptors");
	if (!p->process && !p->as_is &&
	    user_become(p->who.uid, p->who.gid, (size_t)p->who.groups_n, p->who.groups, e) < 0)
		return -1;
	if (p->plain)
		sigprocmask(SIG_SETMASK, &p->mask, NULL);
	else
		sig_reset();
	if (p->umask || !p->plain)
		explain_umask(p->umask ? (mode_t)strtoul(p->umask, NULL, 8) : 022);
	if (p->no_new_privs && caps_no_more(e) < 0)
		return -1;
	/* After the last change of ids, because each change clears it. */
	if (!p->init && !p->stays) {
		char word;

		explained(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl(PR_SET_PDEATHSIG, SIGKILL)");
		/* The supervisor died before the signal was set. */
		if (recv(report, &word, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
			_exit(125);
	}
	if (p->process && bundleproc_become(p->process, e) < 0)
		return -1;
	explain_note(p->same, "execve(\"%s\", [\"%s\", ...], %zu variables)", p->file,
		     p->args->v[0], p->env.n);
	explained(execve(p->file, p->args->v, p->env.v), "execve(\"%s\")", p->file);
	return execerror(p->file, p->args->v[0], e);
}
