"""Products on disk: a zip whose bytes depend on its files alone, or a folder."""

from pathlib import Path

from experiments.io import write_atomic
from hand_in import archive
from release.files import Files


def zip_bytes(files: Files, folder: str = "") -> bytes:
    """Return a zip of the files, sorted by name, undated.

    Parameters
    ----------
    files : Files
    folder : str
        Put before every name, as ``"ps1/"``.
    """
    executables = [folder + name for name, file in files.items() if file.executable]
    contents = {folder + name: file.content for name, file in files.items()}
    return archive.zip_bytes(contents, executables)


def write_folder(files: Files, folder: Path) -> None:
    """Write the files below a folder, which is made if need be; the user's umask says for whom."""
    for name, file in files.items():
        write_atomic(folder / name, file.content, executable=file.executable)
