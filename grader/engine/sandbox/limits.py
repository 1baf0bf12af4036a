"""How much a submission may use for one request."""

from dataclasses import asdict, dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bounds of one request; each is enforced outside the student's reach.

    Parameters
    ----------
    wall : float
        Seconds until the trusted process kills the worker, whatever it is doing.
    cpu : int
        Seconds of processor time, all threads together.
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

    wall: float = 10.0
    cpu: int = 10
    memory: int = 2048 * MEBIBYTE
    processes: int = 64
    file: int = 16 * MEBIBYTE
    output: int = 1 * MEBIBYTE
    reply: int = 256 * MEBIBYTE

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value <= 0:
                raise ValueError(f"Limits.{name} must be positive, not {value!r}")
