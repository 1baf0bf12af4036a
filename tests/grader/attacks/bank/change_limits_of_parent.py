"""Lowers the limits of the trusted process."""

import resource

for limit in (resource.RLIMIT_CPU, resource.RLIMIT_NOFILE, resource.RLIMIT_AS):
    resource.prlimit(int("@PARENT@"), limit, (1, 1))
