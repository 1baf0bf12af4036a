"""Pack the handout for Overleaf: a zip that compiles there as it is."""

import zipfile
from pathlib import Path

from handout.build import FOLDER, pdf_name, source_files, write_course_data


def pack(project: Path) -> Path:
    """Write ``dist/ps1-overleaf.zip``, the LaTeX sources with ``handout.tex`` at the root.

    The same sources give the same zip, byte for byte.
    """
    write_course_data(project)
    folder = project / FOLDER
    archive = project / "dist" / f"{pdf_name(project)}-overleaf.zip"
    archive.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(archive, "w") as packed:
        for path in source_files(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, path.read_bytes())
    return archive
