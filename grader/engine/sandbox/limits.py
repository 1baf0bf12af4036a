"""What one request may use, and what a transport brings back of it."""

from dataclasses import asdict, dataclass

MEBIBYTE = 1 << 20
#: Seconds by the clock for each second of processor time. Time is judged by the processor's; the
#: clock only ends what waits for ever. Four gradings on each processor leave a worker a fourth of
#: one, so that six is out of reach of code which computes.
WALL_PER_CPU = 6
#: How much of a limit on time must have been used for a worker to have run out of it. The kernel's
#: clocks drift apart on a busy virtual machine.
NEARLY = 0.8


@dataclass(frozen=True)
class Limits:
    """Bounds of one request; each is enforced outside the student's reach.

    Both times count from the end of confinement, just before the first line of the submission.

    Parameters
    ----------
    cpu : float
        Seconds of processor time, all threads together.
    wall : float
        Seconds by the clock, for code that waits; ``WALL_PER_CPU`` times ``cpu``, or a busy
        machine decides.
    memory : int
        Bytes of address space beyond what the worker holds before the submission is imported.
    processes : int
        Processes and threads alive at once.
    file : int
        Bytes of any one file, and of all files together where the scratch folder is a tmpfs.
    output : int
        Bytes that may be printed; more ends the request.
    reply : int
        Bytes of the answer: header and arrays.
    """

    cpu: float = 10.0
    wall: float = 10.0 * WALL_PER_CPU
    memory: int = 2048 * MEBIBYTE
    processes: int = 64
    file: int = 16 * MEBIBYTE
    output: int = 1 * MEBIBYTE
    reply: int = 256 * MEBIBYTE

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value <= 0:
                raise ValueError(f"Limits.{name} must be positive, not {value!r}")


@dataclass(frozen=True)
class Usage:
    """What all workers of a submission have used, as the kernel counts it; 0 where nothing does.

    Attributes
    ----------
    cpu : float
        Seconds of processor time, those to fork, confine and end the workers included.
    memory : int
        Bytes that the largest worker held, the packages that all of them share included.
    """

    cpu: float = 0.0
    memory: int = 0


@dataclass(frozen=True)
class RawReply:
    """What a transport brings back: bytes nobody has believed yet, and how the worker ended.

    ``ended`` is ``""`` when bytes as long as one message came, else ``"timeout"``, ``"cpu"``,
    ``"killed"``, ``"exited"``, ``"output"`` (it printed too much), ``"disk"`` (it wrote too much),
    ``"threads"`` (it started too many), ``"oversized"`` (the answer was longer than allowed) or
    ``"malformed"`` (it does not start like a message). ``seconds`` by the clock and ``cpu``
    seconds of processor time are measured from outside, from when the worker was confined.
    """

    data: bytes | bytearray
    ended: str = ""
    signal: int = 0
    output: bytes = b""
    seconds: float = 0.0
    cpu: float = 0.0
