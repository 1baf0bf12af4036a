"""The file layouts of MovieLens, from 100K to 32M: ratings, titles and genres."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import pandas as pd

from experiments.data.ratings import DataError, Ratings

LOWEST, HIGHEST = 0.5, 5.0
MANY_IDS_MISSING = 2  # as many ids as this times the ids in use: worth renumbering

GENRES_100K = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)

File = Path | zipfile.Path
Titles: TypeAlias = dict[int, str]
Genres: TypeAlias = dict[int, tuple[str, ...]]


@dataclass(frozen=True)
class Layout:
    """How ratings and movies stand in their files.

    Attributes
    ----------
    name : str
        For people.
    ratings_file, movies_file : str
        The names that MovieLens gives them.
    separator, movie_separator : str
        Between the fields of a line of either file.
    movie_fields : int
    example : str
        A line of ratings, for error messages.
    read_csv : dict
        Arguments of ``pandas.read_csv`` for the user, the movie and the stars of every rating.
    """

    name: str
    ratings_file: str
    movies_file: str
    separator: str
    movie_separator: str
    movie_fields: int
    example: str
    read_csv: dict[str, Any]

    def match(self, line: str) -> re.Match | None:
        """Match a line of ratings; the groups are the user, the movie and the stars."""
        field = self.separator
        return re.fullmatch(
            rf"(\d{{1,18}}){field}(\d{{1,18}}){field}(\d+(?:\.\d*)?)({field}\d+)?", line
        )


ML_100K = Layout(
    *("MovieLens 100K", "u.data", "u.item", "\t", "|", 24),
    example="196<tab>242<tab>3<tab>881250949",
    read_csv={"sep": "\t", "usecols": (0, 1, 2)},
)
ML_1M = Layout(
    *("MovieLens 1M", "ratings.dat", "movies.dat", "::", "::", 3),
    example="1::1193::5::978300760",
    # A separator of one character is many times faster, and leaves an empty field between two.
    read_csv={"sep": ":", "usecols": (0, 2, 4)},
)
ML_20M = Layout(
    *("MovieLens 20M to 32M", "ratings.csv", "movies.csv", ",", ",", 3),
    example="1,296,5.0,1147880044",
    read_csv={"sep": ",", "usecols": (0, 1, 2), "skiprows": 1},
)
LAYOUTS = {layout.ratings_file: layout for layout in (ML_100K, ML_1M, ML_20M)}


def read_ratings(path: Path) -> Ratings:
    """Read a data set that the user has.

    Parameters
    ----------
    path : Path
        A folder, a zip, or a file of ratings, in one of the layouts of MovieLens.

    Raises
    ------
    DataError
        Naming the file, the line and what to do.
    """
    if not path.exists():
        raise DataError(
            f"{path} does not exist. --data takes movielens-100k, synthetic, or the path of a "
            "folder, a zip or a ratings file in a layout of MovieLens"
        )
    try:
        if path.is_dir():
            return _read_file(_find_ratings(path, path.rglob("*")))
        if path.suffix == ".zip" or zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                members = (zipfile.Path(archive, name) for name in archive.namelist())
                return _read_file(_find_ratings(path, members))
        return _read_file(path)
    # What zipfile raises of archives that are damaged, encrypted or compressed in another way.
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} cannot be read ({error}): download it again") from None


def _find_ratings(place: Path, files: Iterable[File]) -> File:
    """Return the file of ratings with the shortest path, of the first layout that there is."""
    found = [file for file in files if file.name in LAYOUTS and file.is_file()]
    if not found:
        raise DataError(
            f"{place} holds no file of ratings; it should hold one of {', '.join(LAYOUTS)}"
        )
    return min(found, key=lambda file: (list(LAYOUTS).index(file.name), len(str(file)), str(file)))


def _read_file(file: File) -> Ratings:
    """Read ratings, and the titles and genres if their file lies in the same folder."""
    layout = detect_layout(file)
    users, items, stars = read_rating_columns(file, layout)
    users, _ = renumber_sparse_ids(users)
    items, item_ids = renumber_sparse_ids(items)
    movies = cast(File, file.parent) / layout.movies_file
    titles, genres = read_movies(movies.read_bytes(), layout) if movies.is_file() else ({}, {})
    rows = [(row, item) for row, item in enumerate(item_ids.tolist()) if item in titles]
    titles = {row: titles[item] for row, item in rows}
    genres = {row: genres[item] for row, item in rows}
    return Ratings(users, items, stars, f"{file} ({layout.name} layout)", titles, genres)


def detect_layout(file: File) -> Layout:
    """Return the layout of a file of ratings, by its first line."""
    with file.open("rb") as lines:
        first = lines.readline(1000).decode("utf-8", "replace").rstrip("\r\n")
    if not first:
        raise DataError(f"{file} is empty: it should hold ratings, one a line")
    if first.lower().startswith("userid,movieid,rating"):
        return ML_20M
    for layout in (ML_100K, ML_1M):
        if layout.match(first):
            return layout
    expected = "\n".join(f"    {layout.example}   ({layout.name})" for layout in LAYOUTS.values())
    raise DataError(f"{file}, line 1: {first[:60]!r} is not a rating. Expected one of\n{expected}")


def read_rating_columns(file: File, layout: Layout) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return users, items (int64) and stars (float32), each of shape (num_ratings,).

    Raises
    ------
    DataError
        If a line is malformed or its stars are out of range: naming the line.
    """
    types = dict(zip(layout.read_csv["usecols"], (np.int64, np.int64, np.float32)))
    try:
        with file.open("rb") as content:
            table = pd.read_csv(
                content,
                header=None,
                dtype=types,
                quoting=csv.QUOTE_NONE,
                na_filter=False,
                **layout.read_csv,
            )
    except (ValueError, OverflowError):
        raise _first_bad_line(file, layout) from None
    users, items, stars = (table[column].to_numpy() for column in types)
    if not (
        stars.min() >= LOWEST and stars.max() <= HIGHEST and min(users.min(), items.min()) >= 0
    ):
        raise _first_bad_line(file, layout)
    return users, items, stars


def _first_bad_line(file: File, layout: Layout) -> DataError:
    """Go through a file that could not be read, and name the first line that is wrong."""
    with file.open("rb") as content:
        lines = io.TextIOWrapper(content, "utf-8", errors="replace")
        for number, line in enumerate(lines, 1):
            text = line.rstrip("\r\n")
            if not text or (number == 1 and layout is ML_20M):
                continue
            fields = layout.match(text)
            if not fields:
                wrong = f"{text[:60]!r} is not a rating; expected a line like {layout.example}"
            elif not LOWEST <= float(fields[3]) <= HIGHEST:
                wrong = f"a rating of {fields[3]} is out of range; stars go from 0.5 to 5"
            else:
                continue
            advice = "Fix or remove the line, or download the file again"
            return DataError(f"{file}, line {number}: {wrong}. {advice}")
    return DataError(f"{file} is empty or cannot be read as ratings: download it again")


def renumber_sparse_ids(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number ids from 0 in ascending order if most of their range is not in use.

    Movie ids of MovieLens 25M reach 209,171 for 59,047 movies; tables for all of them would be
    mostly empty rows. Ids that fill their range are used as they are.

    Returns
    -------
    ids : int64 array, shape (num_ratings,)
    originals : int64 array, the original id of every row
    """
    in_use = np.unique(ids)
    if int(in_use[-1]) < MANY_IDS_MISSING * len(in_use):
        return ids, np.arange(in_use[-1] + 1)
    return np.searchsorted(in_use, ids), in_use


def read_movies(content: bytes, layout: Layout) -> tuple[Titles, Genres]:
    """Return titles and genres by movie id; a line that is not a movie is passed over."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:  # MovieLens 100K and 1M
        text = content.decode("latin-1")
    lines = io.StringIO(text, newline=None)
    rows: Iterable[list[str]] = csv.reader(lines)
    if layout is not ML_20M:
        rows = (line.rstrip("\n").split(layout.movie_separator) for line in lines)
    rows = (row for row in rows if len(row) == layout.movie_fields and row[0].isdecimal())
    titles, genres = {}, {}
    for item, title, *fields in rows:
        names: Iterable[str]
        if layout is ML_100K:
            names = compress(GENRES_100K, (flag == "1" for flag in fields[3:]))
        else:
            names = (name for name in fields[-1].split("|") if name.strip("("))
        titles[int(item)], genres[int(item)] = title, tuple(names)
    return titles, genres
