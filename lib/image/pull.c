#include "image/pull.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/selfexe.h"
#include "store/ref.h"

int pull_read_policy(void *to, const char *text, struct err *e)
{
	static const char *const names[] = {
		[PULL_MISSING] = "missing", [PULL_ALWAYS] = "always", [PULL_NEVER] = "never"};
	enum pull_policy *policy = to;

	for (int i = PULL_MISSING; i <= PULL_NEVER; i++)
		if (strcmp(text, names[i]) == 0) {
			*policy = (enum pull_policy)i;
			return 0;
		}
	return err_set(e, "%s: not missing, always or never", text);
}

/* Executes ct-pull in the child, from this program's directory or PATH. The child dies with its
 * parent. */
static void become_ct_pull(const char *name, int out, pid_t parent)
{
	const char *const argv[] = {"ct-pull", "--", name, NULL};
	own_str char *beside = selfexe_beside(argv[0]);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent && null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(out, STDOUT_FILENO) >= 0) {
		if (beside)
			execv(beside, (char *const *)(uintptr_t)argv);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
	}
	_exit(127);
}

static int run_ct_pull(const char *name, char id[ID_LEN], struct err *e)
{
	own_fd int from = -1, to = -1;
	pid_t parent = getpid(), pid;
	own_file FILE *said = NULL;
	int pair[2], status;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe to ct-pull");
	from = pair[0], to = pair[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, "start ct-pull");
	if (pid == 0)
		become_ct_pull(name, to, parent);
	close(take_fd(&to));
	said = fdopen(from, "r");
	if (said)
		take_fd(&from);
	if (!said || !fgets(id, ID_LEN, said))
		*id = '\0';
	id[strcspn(id, "\n")] = '\0';
	status = proc_wait_child(pid);
	if (status == 127 || status > 128)
		return err_set(e, "%s: no such image, and ct-pull %s", name,
			       status == 127 ? "cannot be run" : "was killed");
	*e = (struct err){0};
	return status == 0 && id_is(id, "img") ? 0 : -1;
}

int pull_open(const struct store *s, const char *ref, enum pull_policy policy, struct image *img,
	      struct err *e)
{
	own_ref struct ref r = {0};
	char id[ID_LEN];
	struct err ignored;

	/* A program that has executed itself (selfexe_seal) has pulled already. */
	if (policy == PULL_ALWAYS && selfexe_sealed())
		policy = PULL_MISSING;
	if (id_kind(ref) || ref_parse(ref, &r, &ignored) < 0)
		return image_open(s, ref, img, e);
	if (policy != PULL_ALWAYS) {
		if (image_open(s, ref, img, e) == 0)
			return 0;
		if (e->sys != ENOENT)
			return -1;
	}
	if (policy == PULL_NEVER || run_ct_pull(ref, id, e) < 0)
		return -1;
	return image_open(s, id, img, e);
}
