"""One worker's life: read the request, be confined, answer, and say no more."""

import socket
from typing import Any

from . import framing, probe
from .answer import Execute, answer, lay_out, make_importable
from .drop_privileges import Confinement, drop_privileges, make_scratch_dir

MAX_REQUEST = 1 << 30


def serve_request(
    execute: Execute,
    channel: int,
    confinement: Confinement,
    name: str,
    user: int | None,
    address_space: int,
) -> None:
    """Serve one request on a connected socket. ``name`` tells scratch folders apart."""
    connection = socket.socket(fileno=channel)
    with connection.makefile("rb") as incoming:
        received = read_message(incoming)
    if received is None:
        return
    content, arrays = received
    connection.shutdown(socket.SHUT_RD)
    packed = arrays.pop("submission files")
    scratch = make_scratch_dir(confinement, name, user, content["limits"]["file"])
    drop_privileges(confinement, content["limits"], scratch, user, address_space)
    folder = lay_out(content, packed, scratch)
    make_importable(folder)
    send, finish, write_only = connection.sendall, connection.shutdown, socket.SHUT_WR
    send(framing.confined())
    answer(probe.execute if content["probe"] else execute, content, arrays, folder, send)
    finish(write_only)


def read_message(incoming: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the content and the arrays of the grader's next message, None at the end."""
    prefix = incoming.read(framing.PREFIX.size)
    if not prefix:
        return None
    rest = framing.message_size(prefix, MAX_REQUEST) - len(prefix)
    return framing.decode(prefix + incoming.read(rest), MAX_REQUEST)
