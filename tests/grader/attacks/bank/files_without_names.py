"""Takes the names of the files that it has written, so that nobody adds them up."""

import os

hold = []
for flags in (os.O_CREAT, os.O_TMPFILE):
    written = 0
    for _ in range(4):
        hold.append(os.open("x" if flags == os.O_CREAT else ".", flags | os.O_RDWR))
        if flags == os.O_CREAT:
            os.unlink("x")
        written += os.write(hold[-1], b"x" * (3 << 20)) * (os.fstat(hold[-1]).st_nlink == 0)
    if written > 6 << 20:
        print("breach-" + "more on disk than the limit")
