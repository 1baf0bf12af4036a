"""Makes a symbolic link to the hidden tests where it may write."""

import os

try:
    os.symlink("@HIDDEN@", "link")
    print(open("link").read())
finally:
    os.symlink("/", "root")
    print(open("root/@HIDDEN@").read())
