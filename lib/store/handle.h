/* An open store, the handle that all modules of the store use (store.h). */
#ifndef CT_HANDLE_H
#define CT_HANDLE_H

struct store {
	char *root_path, *run_path; /* CT_ROOT, CT_RUN */
	int root;       /* CT_ROOT; -1: the store is not up (readers see an empty store) */
	int run;        /* CT_RUN; -1: it does not exist yet */
	char note[300]; /* a note for the user, or "" */
};

#define STORE_NONE                    \
	{                             \
		.root = -1, .run = -1 \
	}

#endif
