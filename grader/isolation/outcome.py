"""How a worker's turn at one request went, as the trusted process saw it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What a transport brings back: bytes nobody has believed yet, and how the worker ended.

    ``ended`` is ``""`` when the worker finished by itself with status 0, else ``"timeout"``,
    ``"cpu"``, ``"memory"``, ``"killed"``, ``"exited"``, ``"output"`` (it printed too much),
    ``"disk"`` (it wrote too much) or ``"oversized"`` (the answer was longer than allowed).
    """

    data: bytes | bytearray
    ended: str = ""
    signal: int = 0
    output: bytes = b""
    seconds: float = 0.0
