"""Where the worker's Python, its libraries and the worker's own files are."""

import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

WORKER = Path(__file__).parent / "worker"
CALLS = Path(__file__).parents[1] / "calls.py"
GRADER = Path(__file__).parents[2]
REPOSITORY = GRADER.parent
SYSTEM_LIBRARIES = tuple(
    Path(path) for path in ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache")
)
#: The C library looks here whether huge pages may be had.
HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage")
#: Torch's kernels look here what the processors can do, and some will not start without.
PROCESSORS = Path("/proc/cpuinfo")
#: No site packages but those we name, no user's, no compiled files left behind.
FLAGS = ("-s", "-S", "-B")
DEVICES = tuple(Path("/dev") / name for name in ("null", "zero", "full", "random", "urandom"))


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker is to run, and what it imports before any submission.

    Attributes
    ----------
    adapter : Path or None
        The assignment's calls into a submission; imported as ``adapter``.
    calls : Path
        The module whose ``execute(program, arrays, submission)`` answers requests.
    package : str
        The folder that a submission's files are put into, and the package that they are.
    preload : tuple of str
        Packages that are imported once for all workers, in this order.
    preload_if_named : mapping of str to tuple of str
        The same for submissions that have this word in a file: it would be slow to import them
        for each request, and for those who do not need them. One that is missing is left out.
    """

    adapter: Path | None = None
    calls: Path = CALLS
    package: str = "submission"
    preload: tuple[str, ...] = ()
    preload_if_named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def modules(self) -> dict[str, str]:
        """Return the files to import, by the names to import them under, in this order."""
        files = {"adapter": self.adapter, "calls": self.calls}
        return {name: str(file.resolve()) for name, file in files.items() if file is not None}

    def named_in(self, files: Iterable[bytes]) -> list[str]:
        """Return the packages to preload for a submission of these files."""
        text = b"\0".join(files)
        return [
            module
            for word, modules in self.preload_if_named.items()
            if re.search(rb"\b%s\b" % re.escape(word.encode()), text)
            for module in modules
        ]


@dataclass(frozen=True)
class Interpreter:
    """A Python to start workers with, without the entries that only the trusted process may see.

    ``search_path`` holds the standard library and the installed packages, and no ``.pth`` file
    is read: an editable install would put the repository there. ``libraries`` are folders with
    shared libraries that belong to it.
    """

    executable: Path
    search_path: tuple[Path, ...]
    libraries: tuple[Path, ...]

    def places(self) -> list[Path]:
        """Return all that has to be readable for Python to run, outermost folders only."""
        wanted = [*SYSTEM_LIBRARIES, self.executable, *self.libraries, *self.search_path]
        present = dict.fromkeys(path for path in wanted if path.exists())
        return [p for p in present if not any(other in p.parents for other in present)]


def current_interpreter() -> Interpreter:
    """Return the interpreter that runs this process, seen through any virtual environment."""
    paths = sysconfig.get_paths()
    standard = [Path(entry).resolve() for entry in sys.path if _is_standard_library(entry)]
    installed = [Path(paths[key]).resolve() for key in ("purelib", "platlib")]
    prefix = Path(sys.base_prefix).resolve()
    shared = [prefix / "lib"] if prefix not in (Path("/usr"), Path("/")) else []
    return Interpreter(
        Path(sys.executable).resolve(),
        tuple(dict.fromkeys([*standard, *installed])),
        tuple(shared),
    )


def private_places(package: str) -> list[Path]:
    """Return what no worker may see: the grader, its tests and answers, the user's home.

    The folder around the grader counts as the repository when it is laid out like one. An installed
    ``package`` of the submissions' name counts too: it may be the reference solution.
    """
    places = [GRADER]
    if (REPOSITORY / "assignment.toml").exists():
        places.append(REPOSITORY)
    for entry in current_interpreter().search_path:
        places += [path for name in (package, GRADER.name) if (path := entry / name).exists()]
    return [*dict.fromkeys(places)]


def quiet_environment() -> dict[str, str]:
    """Return the worker's whole environment: nothing of ours, one thread a library.

    Memory comes in huge pages where the system has them. Forking a process that holds torch
    copies a table with an entry for each page, so that 500 times fewer pages make a worker
    start and end several times faster.
    """
    keep = ("SYSTEMROOT", "TEMP", "TMP") if os.name == "nt" else ()
    return {
        **{name: os.environ[name] for name in keep if name in os.environ},
        "HOME": "/nonexistent",  # without it, Path.home() raises; nobody lives here
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NUMEXPR_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONSAFEPATH": "1",
        "PYTHONMALLOC": "malloc",
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    }


def _is_standard_library(entry: str) -> bool:
    path = Path(entry).resolve()
    roots = {Path(sysconfig.get_paths()[key]).resolve() for key in ("stdlib", "platstdlib")}
    if not entry or path.name in ("site-packages", "dist-packages"):
        return False
    return any(path == root or root in path.parents for root in roots)
