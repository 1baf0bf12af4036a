"""A zip whose bytes depend on its files, and the time that is asked for, alone."""

import io
import time
import zipfile
from collections.abc import Collection, Mapping

EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest date that a zip can hold


def zip_bytes(
    files: Mapping[str, bytes], executables: Collection[str] = (), seconds: int | None = None
) -> bytes:
    """Return a zip of the files, sorted by name.

    Parameters
    ----------
    files : mapping of str to bytes
        Contents by name, parts joined by ``/``.
    executables : collection of str
        Names of the files that can be run.
    seconds : int, optional
        The time of every file, in seconds since 1970; undated if left out.
    """
    date = EPOCH if seconds is None else time.gmtime(seconds)[:6]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date)
            entry.create_system = 3  # Unix, whose file modes external_attr holds
            entry.external_attr = (0o100755 if name in executables else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)
    return buffer.getvalue()
