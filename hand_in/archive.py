"""A zip whose bytes depend on its files alone."""

import io
import zipfile
from collections.abc import Collection, Mapping

EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest date that a zip can hold


def zip_bytes(files: Mapping[str, bytes], executables: Collection[str] = ()) -> bytes:
    """Return a zip of the files, sorted by name, undated.

    Parameters
    ----------
    files : mapping of str to bytes
        Contents by name, parts joined by ``/``.
    executables : collection of str
        Names of the files that can be run.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # Unix, whose file modes external_attr holds
            entry.external_attr = (0o100755 if name in executables else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)
    return buffer.getvalue()
