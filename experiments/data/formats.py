"""The file layouts of MovieLens, from 100K to 32M: ratings, titles and genres."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

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


@dataclass(frozen=True)
class Layout:
    """How the ratings stand in a file.

    Attributes
    ----------
    name : str
        For people.
    ratings_file, movies_file : str
        The names that MovieLens gives them.
    example : str
        A line of ratings, for error messages.
    line : pattern
        What a line of ratings looks like.
    separator : str
        One character; fields are numbered in ``columns`` as it splits a line.
    columns : tuple of int
        Fields of the user, the movie and the stars.
    header : bool
        Whether the first line names the columns.
    """

    name: str
    ratings_file: str
    movies_file: str
    example: str
    line: re.Pattern
    separator: str
    columns: tuple[int, int, int]
    header: bool


_STARS = r"\d+(?:\.\d*)?"
TABBED = Layout(
    name="MovieLens 100K",
    ratings_file="u.data",
    movies_file="u.item",
    example="196<tab>242<tab>3<tab>881250949",
    line=re.compile(rf"(\d+)\t(\d+)\t({_STARS})(\t\d+)?$"),
    separator="\t",
    columns=(0, 1, 2),
    header=False,
)
COLONS = Layout(
    name="MovieLens 1M",
    ratings_file="ratings.dat",
    movies_file="movies.dat",
    example="1::1193::5::978300760",
    line=re.compile(rf"(\d+)::(\d+)::({_STARS})(::\d+)?$"),
    # A parser of one-character separators is many times faster; it sees an empty field more.
    separator=":",
    columns=(0, 2, 4),
    header=False,
)
COMMAS = Layout(
    name="MovieLens 20M to 32M",
    ratings_file="ratings.csv",
    movies_file="movies.csv",
    example="1,296,5.0,1147880044",
    line=re.compile(rf"(\d+),(\d+),({_STARS})(,\d+)?$"),
    separator=",",
    columns=(0, 1, 2),
    header=True,
)
LAYOUTS = (TABBED, COLONS, COMMAS)


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
    if path.is_dir():
        files = [file for file in path.rglob("*") if file.is_file()]
        return _read_from(path, {file.relative_to(path).as_posix(): file.open for file in files})
    if zipfile.is_zipfile(path):
        with _opened_zip(path) as archive:
            members = [name for name in archive.namelist() if not name.endswith("/")]
            openers = {name: lambda _="rb", name=name: archive.open(name) for name in members}
            return _read_from(path, openers)
    if path.suffix == ".zip":
        raise DataError(f"{path} is not a whole zip file: download it again")
    beside = {file.name: file.open for file in path.parent.iterdir() if file.is_file()}
    return _read_layout(path, detect_layout(path.open("rb"), path), path.open, beside, "")


@contextmanager
def _opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise DataError(f"{path} is damaged ({error}): download it again") from None


def _read_from(place: Path, files: dict[str, Callable[..., BinaryIO]]) -> Ratings:
    """Find the ratings among the files of a folder or a zip, at any depth, and read them."""
    for layout in LAYOUTS:
        for name in sorted(files, key=lambda name: (name.count("/"), name)):
            parts = PurePosixPath(name)
            if parts.name == layout.ratings_file and "__MACOSX" not in parts.parts:
                folder = name[: -len(parts.name)]
                return _read_layout(place / name, layout, files[name], files, folder)
    known = ", ".join(layout.ratings_file for layout in LAYOUTS)
    raise DataError(f"{place} holds no file of ratings; it should hold one of {known}")


def _read_layout(
    path: Path,
    layout: Layout,
    open_ratings: Callable[..., BinaryIO],
    files: dict[str, Callable[..., BinaryIO]],
    folder: str,
) -> Ratings:
    """Read ratings, and the titles and genres if their file lies in the same folder."""
    users, items, stars = read_rating_columns(path, layout, open_ratings)
    users, _ = renumber_sparse_ids(users)
    items, item_ids = renumber_sparse_ids(items)
    titles, genres = {}, {}
    if open_movies := files.get(folder + layout.movies_file):
        with open_movies("rb") as file:
            titles, genres = read_movies(file.read(), layout)
    if item_ids is not None:
        row_of = {int(item): row for row, item in enumerate(item_ids)}
        titles = {row_of[item]: title for item, title in titles.items() if item in row_of}
        genres = {row_of[item]: names for item, names in genres.items() if item in row_of}
    return Ratings(users, items, stars, f"{path} ({layout.name} layout)", titles, genres)


def detect_layout(file: BinaryIO, path: Path) -> Layout:
    """Tell the layout of a file of ratings by its first line."""
    with file:
        first = file.readline(1000).decode("utf-8", "replace").rstrip("\r\n")
    if not first:
        raise DataError(f"{path} is empty: it should hold ratings, one a line")
    if first.lower().startswith("userid,movieid,rating"):
        return COMMAS
    for layout in LAYOUTS:
        if layout.line.match(first) and not layout.header:
            return layout
    expected = "\n".join(f"    {layout.example}   ({layout.name})" for layout in LAYOUTS)
    raise DataError(f"{path}, line 1: {first[:60]!r} is not a rating. Expected one of\n{expected}")


def read_rating_columns(
    path: Path, layout: Layout, open_file: Callable[..., BinaryIO]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return users, items (int64) and stars (float32), each of shape (num_ratings,).

    Raises
    ------
    DataError
        If a line is malformed or its stars are out of range: naming the line.
    """
    names = ("user", "item", "stars")
    try:
        with open_file("rb") as file:
            table = pd.read_csv(
                file,
                sep=layout.separator,
                header=None,
                skiprows=1 if layout.header else 0,
                usecols=layout.columns,
                dtype=dict(zip(layout.columns, (np.int64, np.int64, np.float32))),
                quoting=3,
                na_filter=False,
            )
    except pd.errors.EmptyDataError:
        raise DataError(f"{path} is empty: it should hold ratings, one a line") from None
    except (ValueError, OverflowError):
        raise _first_bad_line(path, layout, open_file) from None
    table.columns = names
    if table.empty:
        raise DataError(f"{path} is empty: it should hold ratings, one a line")
    if not table["stars"].between(LOWEST, HIGHEST).all() or (table[["user", "item"]] < 0).any(
        axis=None
    ):
        raise _first_bad_line(path, layout, open_file)
    return tuple(table[name].to_numpy() for name in names)


def _first_bad_line(path: Path, layout: Layout, open_file: Callable[..., BinaryIO]) -> DataError:
    """Go through a file that could not be read, and say which line is the matter."""
    with io.TextIOWrapper(open_file("rb"), "utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            text = line.rstrip("\r\n")
            if number == 1 and layout.header:
                continue
            fields = layout.line.match(text)
            where = f"{path}, line {number}: "
            if not fields:
                return DataError(
                    f"{where}{text[:60]!r} is not a rating; expected a line like "
                    f"{layout.example}. Fix or remove the line, or download the file again"
                )
            if not LOWEST <= float(fields[3]) <= HIGHEST:
                return DataError(
                    f"{where}a rating of {fields[3]} is out of range; stars go from {LOWEST} "
                    f"to {HIGHEST:g}. Fix or remove the line"
                )
    return DataError(f"{path} could not be read as ratings: download it again")


def renumber_sparse_ids(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Number ids from 0 in ascending order if most of their range is not in use.

    Movie ids of MovieLens 25M reach 209,171 for 59,047 movies; tables for all of them would be
    mostly empty rows. Ids that fill their range are used as they are.

    Returns
    -------
    ids : int64 array, shape (num_ratings,)
    originals : int64 array of the ids by row, or None if they are used as they are
    """
    in_use = np.unique(ids)
    if int(in_use[-1]) < MANY_IDS_MISSING * len(in_use):
        return ids, None
    return np.searchsorted(in_use, ids), in_use


def read_movies(content: bytes, layout: Layout) -> tuple[dict[int, str], dict[int, tuple]]:
    """Return titles and genres by movie id; a line that is not a movie is passed over."""
    encoding = "utf-8" if layout is COMMAS else "latin-1"
    text = content.decode(encoding, "replace")
    titles, genres = {}, {}
    if layout is COMMAS:
        table = pd.read_csv(io.StringIO(text), usecols=["movieId", "title", "genres"], dtype=str)
        rows = table.fillna("").itertuples(index=False, name=None)
    elif layout is COLONS:
        rows = (line.split("::") for line in text.splitlines() if line.count("::") == 2)
    else:
        rows = (_movie_100k(line.split("|")) for line in text.splitlines() if line.count("|") == 23)
    for item, title, names in rows:
        if str(item).isdigit():
            titles[int(item)] = title
            genres[int(item)] = tuple(name for name in names.split("|") if name.strip("("))
    return titles, genres


def _movie_100k(fields: list[str]) -> tuple[str, str, str]:
    flags = zip(fields[5:], GENRES_100K)
    return fields[0], fields[1], "|".join(name for flag, name in flags if flag == "1")
