"""Ratings in every layout of MovieLens, and every way in which a file can be wrong."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from experiments.data import load_ratings
from experiments.data.formats import read_ratings, renumber_sparse_ids
from experiments.data.ratings import DataError

TABBED = "2\t3\t4\t881250949\n1\t1\t5\t891717742\n2\t1\t1\t878887116\n"
MOVIE_FLAGS = "|0|0|0|1|1|1" + "|0" * 13
MOVIES_100K = f"1|Toy Story (1995)|01-Jan-1995||http://x{MOVIE_FLAGS}\n".encode() + (
    f"3|Café (1990)|01-Jan-1990||http://x{MOVIE_FLAGS}\n".encode("latin-1")
)
COLONS = "2::3::4::881250949\n1::1::5::891717742\n2::1::1::878887116\n"
MOVIES_1M = "1::Toy Story (1995)::Animation|Children's|Comedy\n3::Café (1990)::Drama\n".encode(
    "latin-1"
)
COMMAS = "userId,movieId,rating,timestamp\n2,3,4.5,881250949\n1,1,5.0,891717742\n2,1,0.5,87888\n"
MOVIES_20M = (
    "movieId,title,genres\n1,Toy Story (1995),Animation|Children|Comedy\n"
    '3,"Café, The (1990)",(no genres listed)\n'
).encode()


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.mark.parametrize(
    ("files", "stars", "cafe", "genres"),
    [
        (
            {"ml-100k/u.data": TABBED, "ml-100k/u.item": MOVIES_100K},
            [4, 5, 1],
            "Café (1990)",
            ("Animation", "Children's", "Comedy"),
        ),
        (
            {"ml-1m/ratings.dat": COLONS, "ml-1m/movies.dat": MOVIES_1M},
            [4, 5, 1],
            "Café (1990)",
            ("Animation", "Children's", "Comedy"),
        ),
        (
            {"ml-20m/ratings.csv": COMMAS, "ml-20m/movies.csv": MOVIES_20M},
            [4.5, 5, 0.5],
            "Café, The (1990)",
            ("Animation", "Children", "Comedy"),
        ),
    ],
    ids=["100K", "1M", "20M"],
)
@pytest.mark.parametrize("form", ["folder", "parent folder", "zip", "file"])
def test_every_layout_in_every_form(tmp_path, files, stars, cafe, genres, form):
    write(tmp_path / "data", files)
    inner = tmp_path / "data" / next(iter(files))
    if form == "zip":
        path = tmp_path / "data.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("__MACOSX/._u.data", "junk")
            for name in files:
                archive.write(tmp_path / "data" / name, name)
    else:
        path = {"folder": inner.parent, "parent folder": tmp_path / "data", "file": inner}[form]
    ratings = read_ratings(path)
    assert ratings.users.tolist() == [2, 1, 2]
    assert ratings.items.tolist() == [3, 1, 1]
    assert ratings.stars.tolist() == stars and ratings.stars.dtype == np.float32
    assert ratings.titles == {1: "Toy Story (1995)", 3: cafe}
    assert ratings.genres[1] == genres
    assert (ratings.num_users, ratings.num_items) == (3, 4)


def test_sparse_ids_are_numbered_in_order_and_titles_follow(tmp_path):
    movies = b"movieId,title,genres\n7,Seven,Crime\n200000,Late,Drama\n5,Unrated,Drama\n"
    ratings = "userId,movieId,rating,timestamp\n1,200000,4.0,1\n2,7,3.5,1\n1,7,3.0,2\n"
    write(tmp_path, {"ratings.csv": ratings, "movies.csv": movies})
    read = read_ratings(tmp_path)
    assert read.items.tolist() == [1, 0, 0] and read.num_items == 2
    assert read.titles == {0: "Seven", 1: "Late"}
    assert read.users.tolist() == [1, 2, 1], "ids that fill their range stay as they are"


def test_ids_of_movielens_100k_stay_as_they_are():
    ids = np.arange(1, 1683)
    kept, originals = renumber_sparse_ids(ids)
    assert kept is ids and originals.tolist() == list(range(1683))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("u.data", TABBED + "3\t1\t4", None),  # a last line without its end is a line
        ("u.data", TABBED + "3\t1\n", r"u\.data, line 4: '3\\t1' is not a rating; expected"),
        ("u.data", "1\t2\tfive\t0\n", r"u\.data, line 1: .* is not a rating"),
        ("u.data", TABBED + "4\t4\t6\t0\n", r"u\.data, line 4: a rating of 6 is out of range"),
        ("u.data", TABBED + "4\t4\t0\t0\n", r"line 4: a rating of 0 is out of range; stars go"),
        ("u.data", TABBED + "-4\t4\t3\t0\n", r"u\.data, line 4: '-4"),
        ("u.data", "", r"u\.data is empty"),
        ("ratings.dat", COLONS + "1::2\n", r"ratings\.dat, line 4: '1::2' is not a rating"),
        ("ratings.dat", COLONS + "1::2::9::0\n", r"ratings\.dat, line 4: a rating of 9"),
        ("ratings.csv", COMMAS + "1,2\n", r"ratings\.csv, line 5: '1,2' is not a rating"),
        ("ratings.csv", COMMAS + "1,2,5.5,0\n", r"ratings\.csv, line 5: a rating of 5.5"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n", r"ratings\.csv is empty"),
        ("ratings.csv", COMMAS + "99999999999999999999,2,3,0\n", r"line 5: .* is not a rating"),
        ("other.txt", "hello\n", r"line 1: 'hello' is not a rating. Expected one of"),
        ("other.txt", "", r"other\.txt is empty"),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path, name, content, expected):
    path = write(tmp_path, {name: content}) / name
    if expected is None:
        assert len(read_ratings(path)) == 4
    else:
        with pytest.raises(DataError, match=expected):
            read_ratings(path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("damage", ["cut off", "overwritten"])
def test_a_damaged_zip_says_to_download_again(tmp_path, compression, damage):
    path = tmp_path / "ratings.zip"
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("ml-100k/u.data", TABBED * 1000)
    content = bytearray(path.read_bytes())
    if damage == "cut off":
        del content[-30:]
    else:
        content[60:90] = bytes(30)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"ratings\.zip cannot be read \(.+\): download it again"):
        read_ratings(path)


@pytest.mark.parametrize("header", ["", "movieId,userId,rating,timestamp\n"])
def test_a_table_in_a_folder_needs_the_header_of_movielens(tmp_path, header):
    """The first line would be lost, or users and movies exchanged."""
    write(tmp_path, {"ratings.csv": header + "2,3,4.5,881250949\n"})
    with pytest.raises(DataError, match=r"ratings\.csv, line 1: .* is not a rating\. Expected one"):
        read_ratings(tmp_path)


def test_titles_of_movielens_10m_are_read_as_utf_8(tmp_path):
    write(tmp_path, {"ratings.dat": COLONS, "movies.dat": MOVIES_1M.decode("latin-1")})
    assert read_ratings(tmp_path).titles[3] == "Café (1990)"


def test_a_folder_without_ratings_says_what_it_should_hold(tmp_path):
    with pytest.raises(DataError, match=r"holds no file of ratings; .* u\.data, ratings\.dat"):
        read_ratings(tmp_path)


def test_a_path_that_does_not_exist_says_what_data_takes():
    with pytest.raises(DataError, match=r"does not exist\. --data takes movielens-100k, synthetic"):
        load_ratings("no/such/place")
