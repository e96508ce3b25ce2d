/* An open store (store.h): what its other modules work with. */
#ifndef CT_HANDLE_H
#define CT_HANDLE_H

struct store {
	char *root_path, *run_path; /* CT_ROOT, CT_RUN */
	int root;                   /* CT_ROOT; -1: the store is not up (it reads as empty) */
	int run;                    /* CT_RUN; -1: there is none yet */
	char note[300];             /* something the user should be told once, or "" */
};

#define STORE_NONE                    \
	{                             \
		.root = -1, .run = -1 \
	}

#endif
