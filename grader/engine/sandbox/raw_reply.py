"""How a worker's turn at one request went, as the trusted process saw it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What a transport brings back: bytes nobody has believed yet, and how the worker ended.

    ``ended`` is ``""`` when bytes as long as one frame came, else ``"timeout"``, ``"cpu"``,
    ``"killed"``, ``"exited"``, ``"output"`` (it printed too much), ``"disk"`` (it wrote too much),
    ``"threads"`` (it started too many), ``"oversized"`` (the answer was longer than allowed) or
    ``"malformed"`` (it does not start like a frame).
    ``seconds`` count from when the worker was confined.
    """

    data: bytes | bytearray
    ended: str = ""
    signal: int = 0
    output: bytes = b""
    seconds: float = 0.0
