"""This assignment's facts that the engine asks for."""

from pathlib import Path

from grader.engine.contents import Contents

CONTENTS = Contents(
    package="grader",
    folder=Path(__file__).parent,
    questions={
        "init_shared_user_and_item_embeddings": "1a",
        "init_separate_user_and_item_embeddings": "1a",
        "init_user_and_item_bias": "1a",
        "init_mlp_layers": "1b",
        "forward_with_embedding_sharing": "1c",
        "forward_without_embedding_sharing": "1c",
        "score_all_items": "1d",
        "bpr_loss": "2a",
        "regression_loss": "2b",
        "joint_loss": "2c",
        "reciprocal_ranks": "2d",
        "mrr_score": "2d",
    },
    parts={
        "tables": ("1a",),
        "mlp": ("1b",),
        "ranks": ("2d-0", "2d-2", "2d-3", "2d-4", "2d-5"),
    },
    branches=("shared", "separate"),
    preload=("torch",),
    preload_if_named={"scipy": ("scipy.special", "scipy.stats"), "pandas": ("pandas",)},
)
