"""A folder of uploads, as a course site exports it: an entry for each student."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Uploads:
    """What was found in a folder.

    Attributes
    ----------
    paths : dict of str to Path
        Submissions by the student's name: a folder's name, or a zip's without ``.zip``.
    others : tuple of str
        Names of files that are no submission.
    """

    paths: dict[str, Path]
    others: tuple[str, ...]


def find_uploads(folder: Path) -> Uploads:
    """Return the submissions in a folder, sorted by name; they are not looked into.

    Raises
    ------
    ValueError
        If two entries have one name.
    """
    paths: dict[str, Path] = {}
    others = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__MACOSX")):
            continue
        if not path.is_dir() and path.suffix.lower() != ".zip":
            others.append(path.name)
            continue
        name = path.name if path.is_dir() else path.stem
        known = {other.casefold(): other for other in paths}
        if name.casefold() in known:
            first = paths[known[name.casefold()]].name
            raise ValueError(f"{first} and {path.name} are both there; keep one of them.")
        paths[name] = path
    return Uploads(paths, tuple(others))
