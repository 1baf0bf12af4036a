"""Where the worker's Python, its libraries and the worker's own files are."""

import os
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

WORKER = Path(__file__).parent / "worker"
REQUESTS = Path(__file__).parent.parent / "requests.py"


@dataclass(frozen=True)
class Interpreter:
    """A Python to start workers with, without the entries that only the trusted process may see.

    ``search_path`` holds the standard library and the installed packages, and no ``.pth`` file
    is read: an editable install would put the repository there.
    """

    executable: Path
    search_path: tuple[Path, ...]


def current_interpreter() -> Interpreter:
    """Return the interpreter that runs this process, seen through any virtual environment."""
    paths = sysconfig.get_paths()
    standard = [Path(entry) for entry in sys.path if entry and _is_standard_library(entry)]
    installed = dict.fromkeys(Path(paths[key]).resolve() for key in ("purelib", "platlib"))
    return Interpreter(Path(sys.executable).resolve(), (*standard, *installed))


def quiet_environment() -> dict[str, str]:
    """Return the worker's whole environment: nothing of ours, one thread a library."""
    keep = ("SYSTEMROOT", "TEMP", "TMP") if os.name == "nt" else ()
    return {
        **{name: os.environ[name] for name in keep if name in os.environ},
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NUMEXPR_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }


def _is_standard_library(entry: str) -> bool:
    path = Path(entry).resolve()
    roots = {Path(sysconfig.get_paths()[key]).resolve() for key in ("stdlib", "platstdlib")}
    archive = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
    if path.name in ("site-packages", "dist-packages") or path.name == archive:
        return False
    return any(path == root or root in path.parents for root in roots)
