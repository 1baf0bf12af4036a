"""Takes leases on files, so that the next process that opens one has to wait."""

import fcntl
import os

with open("leased", "w") as file:
    file.write("x")
for path in ("leased", os.__file__, fcntl.__file__, "@CURRENT@/sentinel.txt"):
    for lease in (fcntl.F_WRLCK, fcntl.F_RDLCK):
        try:
            fcntl.fcntl(os.open(path, os.O_RDONLY), fcntl.F_SETLEASE, lease)
        except OSError:
            continue
        raise RuntimeError("breach-" + "lease")
