"""Makes a hard link to the hidden tests where it may write."""

import os

os.link("@HIDDEN@", "link")
print(open("link").read())
