"""Types a command into the instructor's terminal."""

import fcntl
import os
import termios

for name in ("/dev/tty", "/dev/pts/0", "/dev/console"):
    try:
        terminal = os.open(name, os.O_RDWR)
        for letter in b"echo sentinel\n":
            fcntl.ioctl(terminal, termios.TIOCSTI, bytes([letter]))
    except OSError:
        pass
