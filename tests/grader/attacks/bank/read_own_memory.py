"""Looks through its own memory for what the fork server might have left there."""

import gc
import re

for thing in gc.get_objects():
    if isinstance(thing, (str, bytes)) and "sentinel-" in str(thing)[:10000]:
        print(thing)
print(re.findall(rb"sentinel-[0-9a-f]{32}", open("/proc/self/mem", "rb").read(1)))
