#include "kernel/resources.h"

#include "base/err.h"

int resources_set(const char *group, const struct resources *want, struct err *e)
{
	(void)want;
	return err_set(e, "control group %s: resources are not supported", group);
}
