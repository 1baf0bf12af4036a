"""This assignment's facts that the engine asks for."""

from pathlib import Path

from grader.engine.contents import Contents

CONTENTS = Contents(
    package="grader",
    folder=Path(__file__).parent,
    parts={
        "tables": ("1a",),
        "mlp": ("1b",),
        "ranks": ("2d-0", "2d-1", "2d-2", "2d-3", "2d-5", "2d-6", "2d-7", "2d-8"),
    },
    preload=("torch",),
    preload_if_named={"scipy": ("scipy.special", "scipy.stats"), "pandas": ("pandas",)},
)
