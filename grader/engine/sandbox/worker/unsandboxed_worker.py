"""A worker without a sandbox: one process that answers the requests of one submission, in turn.

For systems that cannot fork a process that has torch loaded (macOS, Windows). Requests come on
standard input, answers go to what was standard output; the student's prints go to standard error.
"""

import json
import os
import sys
from pathlib import Path

READY = b"\n"


def main() -> None:
    """Serve until standard input ends. ``argv``: the options as JSON."""
    options = json.loads(sys.argv[1])
    sys.path[:] = options["search_path"]
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)

    from worker.answer import answer, lay_out, load_execute, make_importable
    from worker.drop_privileges import mapped_address_space, set_limits
    from worker.framing import confined
    from worker.preload import preload
    from worker.serve_request import read_message

    def send(data: bytes) -> None:
        outgoing.write(data)
        outgoing.flush()

    preload(options["preload"])
    preload(options["preload_if_installed"], optional=True)
    execute = load_execute(options["modules"])
    send(READY)
    folder = None
    while received := read_message(incoming):
        content, arrays = received
        packed = arrays.pop("submission files")
        if folder is None:
            set_limits(content["limits"], mapped_address_space())
            folder = lay_out(content, packed, Path.cwd())
            make_importable(folder)
        send(confined())
        answer(execute, content, arrays, folder, send)


if __name__ == "__main__":
    main()
