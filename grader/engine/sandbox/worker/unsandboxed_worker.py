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
    """Serve until standard input ends. ``argv``: import paths, and calls and adapter, as JSON."""
    sys.path[:] = json.loads(sys.argv[1])
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)

    from worker import framing
    from worker.answer import answer, lay_out, load_execute, make_importable
    from worker.limits import apply_to_self, mapped_address_space
    from worker.torch_setup import warm_up

    warm_up()
    calls, adapter = json.loads(sys.argv[2])
    execute = load_execute(Path(calls), Path(adapter) if adapter else None)
    outgoing.write(READY)
    outgoing.flush()
    scratch = Path.cwd()
    folder = None
    while prefix := incoming.read(framing.PREFIX.size):
        size = framing.frame_size(prefix, 1 << 40)
        request = prefix + incoming.read(size - len(prefix))
        content, arrays = framing.decode(request, 1 << 40)
        packed = arrays.pop("submission files")
        if folder is None:
            mapped = mapped_address_space()
            apply_to_self(
                content["limits"], address_space=mapped, whole_process=False, processes=False
            )
            folder = lay_out(content, packed, scratch)
            make_importable(folder)
        frame = answer(execute, content, arrays, folder)
        outgoing.write(frame)
        outgoing.flush()


if __name__ == "__main__":
    main()
