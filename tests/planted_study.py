"""A study whose answers are known, because they are planted: no network is trained."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from experiments.engine.store import MadeBy, RunRecord
from experiments.run import COURSE_RUNS, METRICS, TEST_MSE, Run
from experiments.study.measurements import remember_study, store_of

MADE_BY = MadeBy("planted", "planted", {})

START = (0.5, 13.0, 6.75, 0.004, 12.9)
# Final values of the course's runs, and how much a seed moves them.
FINAL = {
    "shared=True_LF=0.99_LR=0.01": (0.264, 0.975, 0.271, 0.047, 1.017),
    "shared=True_LF=0.5_LR=0.5": (0.428, 0.833, 0.631, 0.020, 0.907),
    "shared=False_LF=0.5_LR=0.5": (0.247, 0.832, 0.540, 0.064, 0.908),
    "shared=False_LF=0.99_LR=0.01": (0.247, 0.832, 0.253, 0.064, 0.908),
}
SEED_EFFECT = (0.001, 0.002, 0.001, 0.001, 0.010)
NOISE = (0.0005, 0.001, 0.0005, 0.0008, 0.002)


@dataclass
class PlantedStudy:
    """Runs with chosen results.

    A run's metrics are their final values, plus an effect of the split that all runs of a seed
    share, plus noise of its own. A curve goes from the start to the end in ``speed`` epochs' steps.
    """

    epochs: int = 12
    records: list[RunRecord] = field(default_factory=list)

    def add(
        self,
        run: Run,
        final: Iterable[float],
        speed: float = 0.5,
        ratio: float | None = None,
        rebound: float = 0,
    ) -> RunRecord:
        """Add a run and return its record; its test MSE rises by ``rebound`` after its lowest."""
        seeds = [run.seed_of(part) for part in ("split", "weights", "negatives")]
        split = np.random.default_rng([1, seeds[0]]).normal(size=5)
        own = np.random.default_rng([2, *seeds, len(self.records)])
        weights = own.normal(size=5)
        ends = np.array(list(final)) + np.multiply(SEED_EFFECT, split) + np.multiply(NOISE, weights)
        progress = 1 - (1 - np.arange(run.epochs) / max(1, run.epochs - 1)) ** (1 / speed)
        curves = {}
        for metric, start, end in zip(METRICS, START, ends):
            values = start + (end - start) * progress
            if metric == TEST_MSE and rebound:
                lowest = run.epochs // 3
                falling = start + (end - rebound - start) * (np.arange(lowest) / lowest) ** 0.2
                values = np.append(falling, np.linspace(end - rebound, end, run.epochs - lowest))
            curves[metric.key] = values.tolist()
        gradients = []
        if ratio is not None:
            for epoch in range(0, run.epochs, run.gradient_interval or 1):
                weight = run.factorization_weight / run.regression_weight
                for table in ("U", "Q", "U and Q"):
                    cosine = 0.2 - 0.4 * epoch / run.epochs + 0.02 * own.normal()
                    norm = ratio / weight * np.exp(0.1 * own.normal())
                    gradients.append(
                        {
                            "epoch": epoch,
                            "table": table,
                            "factorization_norm": float(norm),
                            "regression_norm": 1.0,
                            "cosine": float(cosine),
                        }
                    )
        record = RunRecord(run, MADE_BY, curves, 1.0, (), tuple(gradients))
        self.records.append(record)
        return record

    def write(self, folder: Path) -> Path:
        """Write the runs as a study that is complete keeps them."""
        for record in self.records:
            store_of(folder).write(record, b"")
        remember_study(folder, self.records[0].run, MADE_BY)
        return folder


def plant_claims(study: PlantedStudy, seeds: int) -> None:
    """Add the course's four runs at some seeds, gradients of the shared ones included."""
    for seed in range(123, 123 + seeds):
        for run in COURSE_RUNS:
            heavy = run.factorization_weight > 0.9
            study.add(
                replace(run, seed=seed, epochs=study.epochs, gradient_interval=2),
                FINAL[run.name],
                speed=0.4 if heavy else 0.7,
                ratio=(3.0 if heavy else 0.05) if run.embedding_sharing else None,
            )


def plant_everything(study: PlantedStudy, seeds: int = 6) -> None:
    """Add every part of a full study."""
    plant_claims(study, seeds)
    for k in range(1, 5):
        for part in ("split", "weights", "negatives"):
            for run in COURSE_RUNS:
                seeded = replace(run, seed=123, epochs=study.epochs, **{f"{part}_seed": 123 + k})
                study.add(seeded, FINAL[run.name])
    for seed in (123, 124, 125):
        for weight in (0.001, 0.01, 0.1, 0.25, 0.75, 0.9, 0.999):
            for shared in (True, False):
                mse = 0.905 + 0.1 * weight**8 if shared else 0.908
                mrr = 0.012 + 0.035 * weight**3 if shared else 0.064
                run = replace(
                    COURSE_RUNS[0],
                    embedding_sharing=shared,
                    factorization_weight=weight,
                    regression_weight=round(1 - weight, 12),
                    seed=seed,
                    epochs=study.epochs,
                )
                study.add(run, (0.3, 0.83, 0.5, mrr, mse))
        for k, method in enumerate(("uncertainty", "pcgrad", "cagrad", "mgda", "upgrad", "imtlg")):
            run = replace(
                *(COURSE_RUNS[1],),
                seed=seed,
                epochs=study.epochs,
                balancing=method,
                factorization_weight=1.0,
                regression_weight=1.0,
            )
            study.add(run, (0.3, 0.83, 0.5, 0.022 + 0.005 * k, 0.91 + 0.01 * k))
        for fraction in (0.05, 0.2, 0.5, 0.8):
            for run, gain in ((COURSE_RUNS[1], 0.1 * (0.4 - fraction)), (COURSE_RUNS[2], 0)):
                run = replace(run, seed=seed, epochs=study.epochs, training_fraction=fraction)
                study.add(run, (0.3, 0.8, 0.5, 0.05 + gain / 5, 1.0 - gain))
        for width in (8, 64):
            for run, gain in ((COURSE_RUNS[1], 0.01), (COURSE_RUNS[2], 0)):
                run = replace(run, seed=seed, epochs=study.epochs, embedding_dim=width)
                study.add(run, (0.3, 0.8, 0.5, 0.05 - gain, 0.93 - gain))
    for seed in (123, 124):
        for run in COURSE_RUNS:
            run = replace(run, seed=seed, epochs=study.epochs, batch_size=256)
            rises = 0.02 if run.embedding_sharing and run.factorization_weight > 0.9 else 0.5
            study.add(run, (0.2, 0.4, 0.3, 0.06, 0.93 + rises), speed=0.3, rebound=rises)
