#include "run/execerror.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/binfmts.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"

/* Reads the interpreter of a script, after "#!". False: the file names none. */
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

/* Reads the dynamic loader of an ELF program (PT_INTERP, elf(5)). */
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

int execerror(const char *file, const char *name, struct err *e)
{
	int sys = errno;
	own_fd int fd = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool interpreters = sys == ENOENT || sys == ENOTDIR ||
		(sys == EACCES && faccessat(AT_FDCWD, file, X_OK, AT_EACCESS) == 0);
	char by[PATH_MAX] = "";

	if (fd >= 0 && interpreters &&
	    (script_interpreter(fd, by, sizeof(by)) || elf_interpreter(fd, by, sizeof(by)))) {
		errno = sys;
		err_sys(e, "%s: its interpreter %s", name, by);
	} else {
		errno = sys;
		err_sys(e, "%s", name);
	}
	return err_status(e, sys == ENOENT || sys == ENOTDIR ? 127 : 126);
}
