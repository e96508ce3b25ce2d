/*
 * Shared by the fuzz targets. With clang `make fuzz` links a target with libFuzzer; with another
 * compiler main reads the files that it is given (a corpus, or what libFuzzer found).
 */
#ifndef CT_FUZZ_FILES_H
#define CT_FUZZ_FILES_H

#include <stdint.h>
#include <stdio.h>

#include "base/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#ifndef __clang__
int main(int argc, char **argv)
{
	static uint8_t data[1 << 20];

	for (int i = 1; i < argc; i++) {
		own_file FILE *f = fopen(argv[i], "re");

		if (!f) {
			perror(argv[i]);
			return 1;
		}
		LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), f));
	}
	return 0;
}
#endif

#endif
