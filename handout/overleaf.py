"""Pack the handout for Overleaf: a zip that compiles there as it is."""

from pathlib import Path

from handout.build import FOLDER, pdf_name, source_files, write_course_data
from problem_set.archive import zip_bytes


def pack(project: Path) -> Path:
    """Write ``dist/ps1-overleaf.zip``, the LaTeX sources with ``handout.tex`` at the root.

    The same sources give the same zip, byte for byte.
    """
    write_course_data(project)
    folder = project / FOLDER
    archive = project / "dist" / f"{pdf_name(project)}-overleaf.zip"
    archive.parent.mkdir(exist_ok=True)
    sources = source_files(folder)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sources}
    archive.write_bytes(zip_bytes(files))
    return archive
