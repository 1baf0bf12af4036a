"""Products on disk: a zip whose bytes depend on its files alone, or a folder."""

import io
import zipfile
from pathlib import Path

from release.files import Files

EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest date that a zip can hold


def zip_bytes(files: Files, folder: str = "") -> bytes:
    """Return a zip of the files, sorted by name, undated.

    Parameters
    ----------
    files : Files
    folder : str
        Put before every name, as ``"ps1/"``.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, file in sorted(files.items()):
            entry = zipfile.ZipInfo(folder + name, EPOCH)
            entry.create_system = 3  # Unix, whose file modes external_attr holds
            entry.external_attr = (0o100755 if file.executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.content, compresslevel=9)
    return buffer.getvalue()


def write_folder(files: Files, folder: Path) -> None:
    """Write the files below a folder, which is made if need be."""
    for name, file in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(0o755 if file.executable else 0o644)
