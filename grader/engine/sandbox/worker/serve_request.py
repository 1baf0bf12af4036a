"""One worker's life: read the request, be confined, answer, and say no more."""

import socket
from collections.abc import Callable

from . import framing, probe
from .answer import answer, lay_out, make_importable
from .drop_privileges import Confinement, give_up, own_scratch

MAX_REQUEST = 1 << 30
#: Sent before the student's first line, so that a sandbox that failed is not held against them.
CONFINED = b"\n"


def take_turn(
    execute: Callable,
    channel: int,
    confinement: Confinement,
    name: str,
    user: int | None,
    address_space: int,
) -> None:
    """Serve one request on a connected socket. ``name`` tells scratch folders apart."""
    connection = socket.socket(fileno=channel)
    with connection.makefile("rb") as incoming:
        prefix = incoming.read(framing.PREFIX.size)
        if not prefix:
            return
        rest = framing.frame_size(prefix, MAX_REQUEST) - len(prefix)
        content, arrays = framing.decode(prefix + incoming.read(rest), MAX_REQUEST)
    connection.shutdown(socket.SHUT_RD)
    limits, packed = content["limits"], arrays.pop("submission files")
    scratch = own_scratch(confinement, name, user, limits["file"])
    give_up(confinement, limits, scratch, user, address_space)
    connection.sendall(CONFINED)
    if content["probe"]:
        execute = probe.execute
    folder = lay_out(content, packed, scratch)
    make_importable(folder)
    send, finish, write_only = connection.sendall, connection.shutdown, socket.SHUT_WR
    send(answer(execute, content, arrays, folder))
    finish(write_only)
