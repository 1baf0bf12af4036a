"""What the engine asks of this assignment."""

from pathlib import Path

from grader.engine.contents import Contents

FOLDER = Path(__file__).parent
CONTENTS = Contents(
    package="another_assignment",
    folder=FOLDER,
    parts={"predict": ("p",)},
    preload=("numpy",),
    assignment=FOLDER / "assignment.toml",
)
