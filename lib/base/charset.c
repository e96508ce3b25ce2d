#include "base/charset.h"

#include <locale.h>

void charset_load(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
}
