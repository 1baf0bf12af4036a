"""What handing in needs to know of the course: ``assignment.toml``."""

from dataclasses import dataclass
from pathlib import Path

from handout.course import read_assignment


@dataclass(frozen=True)
class Course:
    """The assignment's short name, its written questions, and where students upload.

    ``where`` and ``url`` are empty where the course does not say.
    """

    assignment: str
    written: tuple[str, ...]
    where: str = ""
    url: str = ""

    @property
    def archive(self) -> str:
        """The name of the zip."""
        return f"{self.assignment}-submission.zip"


def read_course(path: Path) -> Course:
    """Read the course's data.

    Raises
    ------
    ValueError
        If the file is not TOML.
    """
    content = read_assignment(path)
    upload = content.get("upload", {})
    return Course(
        assignment=content["course"]["assignment"],
        written=tuple(q["id"] for q in content["questions"] if q["kind"] == "written"),
        where=upload.get("where", ""),
        url=upload.get("url", ""),
    )
