"""Fetching MovieLens 100K: its sources, its checks, and what interruptions leave behind."""

import hashlib
import http.client
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import zipfile

import pytest

from experiments.data import movielens
from experiments.data.movielens import Unavailable, load_movielens_100k
from experiments.data.ratings import DataError, split_ratings
from problem_set.io import write_atomic
from tests.conftest import PROJECT

RATINGS = b"196\t242\t3\t881250949\n186\t302\t4\t891717742\n"
U_ITEM = b"242|Kolya (1996)|24-Jan-1997||http://x" + b"|0" * 5 + b"|1" + b"|0" * 13 + b"\n"
WHEEL_ITEM = (
    b"item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    b"242\tKolya\t1996\tComedy\n267\tunknown\t\tunknown\n"
)


@pytest.fixture
def small_sources(monkeypatch):
    """Two sources of a two-line data set; a test replaces what it wants to fail."""
    monkeypatch.setattr(movielens, "RATINGS_SHA256", hashlib.sha256(RATINGS).hexdigest())
    monkeypatch.setattr(movielens, "NUM_MOVIES", 1)
    monkeypatch.setattr(movielens, "from_grouplens", lambda: (RATINGS, U_ITEM))
    monkeypatch.setattr(movielens, "from_pypi", lambda: (RATINGS, WHEEL_ITEM))


def unavailable(reason):
    def source():
        raise Unavailable(reason)

    return source


def test_the_real_data(movielens):
    assert len(movielens) == 100_000
    assert (movielens.num_users, movielens.num_items) == (944, 1683)
    assert movielens.users[:2].tolist() == [196, 186], "the order of the file"
    assert movielens.titles[1] == "Toy Story (1995)"
    assert set(movielens.genres[1]) == {"Animation", "Children's", "Comedy"}
    # RandomState(123).shuffle(arange(100_000)) starts with these rows.
    split = split_ratings(movielens, 123)
    assert (len(split.train), len(split.test)) == (95_000, 5_000)
    assert split.train.users[:5].tolist() == [600, 607, 875, 648, 113]


@pytest.mark.parametrize("source", ["GroupLens", "PyPI"])
def test_either_source_gives_the_same_ratings_and_titles(
    tmp_path, small_sources, monkeypatch, source
):
    if source == "PyPI":
        monkeypatch.setattr(movielens, "from_grouplens", unavailable("no route"))
    said = []
    ratings = load_movielens_100k(tmp_path, said.append)
    assert ratings.items.tolist() == [242, 302]
    assert ratings.titles[242] == "Kolya (1996)" and ratings.genres[242] == ("Comedy",)
    assert any(f"from {source}" in line for line in said)
    assert source in ratings.source


def test_the_second_time_it_comes_from_the_cache(tmp_path, small_sources, monkeypatch):
    load_movielens_100k(tmp_path, lambda _: None)
    monkeypatch.setattr(movielens, "from_grouplens", unavailable("offline"))
    monkeypatch.setattr(movielens, "from_pypi", unavailable("offline"))
    assert len(load_movielens_100k(tmp_path, lambda _: None)) == 2


def test_offline_without_a_copy_is_one_error_with_the_two_ways_out(
    tmp_path, small_sources, monkeypatch
):
    monkeypatch.setattr(movielens, "from_grouplens", unavailable("name not known"))
    monkeypatch.setattr(movielens, "from_pypi", unavailable("no such index"))
    with pytest.raises(DataError) as caught:
        load_movielens_100k(tmp_path, lambda _: None)
    text = str(caught.value)
    for part in ("name not known", "no such index", "connect to the network", "--data PATH"):
        assert part in text
    assert list(tmp_path.iterdir()) == []


def test_wrong_bytes_are_refused_and_not_kept(tmp_path, small_sources, monkeypatch):
    for source in ("from_grouplens", "from_pypi"):
        monkeypatch.setattr(movielens, source, lambda: (RATINGS[:-1], U_ITEM))
    with pytest.raises(DataError, match=r"u\.data has sha256 .*, expected"):
        load_movielens_100k(tmp_path, lambda _: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage", ["u.data cut off", "movies cut off", "movies no titles", "u.data", "SOURCE", "movies"]
)
def test_a_damaged_copy_is_removed_and_fetched_again(tmp_path, small_sources, damage):
    """The three files are one copy: each is worth nothing without the others."""
    load_movielens_100k(tmp_path, lambda _: None)
    if damage == "u.data cut off":
        (tmp_path / "u.data").write_bytes(RATINGS[:10])
    elif damage == "movies cut off":
        (tmp_path / "movies").write_bytes(U_ITEM[:20])
    elif damage == "movies no titles":
        (tmp_path / "movies").write_bytes(b"an error page\nof a proxy\n")
    else:
        (tmp_path / damage).unlink()
    said = []
    assert len(load_movielens_100k(tmp_path, said.append)) == 2
    assert ("damaged" in said[0]) == (damage != "u.data")
    assert (tmp_path / "u.data").read_bytes() == RATINGS


def test_an_interrupted_fetch_leaves_nothing_that_looks_complete(
    tmp_path, small_sources, monkeypatch
):
    def interrupted(path, content):
        if path.name == "u.data":
            raise KeyboardInterrupt
        write_atomic(path, content)

    monkeypatch.setattr(movielens, "write_atomic", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_movielens_100k(tmp_path, lambda _: None)
    assert not (tmp_path / "u.data").exists()
    monkeypatch.setattr(movielens, "write_atomic", write_atomic)
    assert len(load_movielens_100k(tmp_path, lambda _: None)) == 2


def test_a_killed_writer_never_leaves_a_part_of_a_file(tmp_path):
    """Readers see the old content or the new one, also when the writer dies at any moment."""
    path = tmp_path / "file"
    contents = (b"a" * 3_000_000, b"b" * 3_000_000)
    write_atomic(path, contents[0])
    program = (
        "import sys, pathlib; from problem_set.io import write_atomic\n"
        "while True:\n"
        f"    for letter in b'ab': write_atomic(pathlib.Path({str(path)!r}), "
        "bytes([letter]) * 3_000_000)\n"
    )
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT)
        for _ in range(50):
            assert path.read_bytes() in contents
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        assert path.read_bytes() in contents


def test_processes_may_fill_the_cache_at_once(tmp_path):
    """The first notebook and the first command, say; the last one to write has the last word."""
    cache, start = tmp_path / "cache", tmp_path / "start"
    program = (
        "import time\n"
        "from pathlib import Path\n"
        "from experiments.data import movielens\n"
        f"movielens.RATINGS_SHA256 = {hashlib.sha256(RATINGS).hexdigest()!r}\n"
        f"movielens.from_grouplens = lambda: ({RATINGS!r}, {U_ITEM!r})\n"
        "print('ready', flush=True)\n"
        f"while not Path({str(start)!r}).exists():\n"
        "    time.sleep(0.001)\n"
        f"print(len(movielens.load_movielens_100k(Path({str(cache)!r}), lambda _: None)))\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 3
    start.touch()
    assert [process.communicate()[0] for process in processes] == ["2\n"] * 3
    assert sorted(file.name for file in cache.iterdir()) == ["SOURCE", "movies", "u.data"]


class FakeResponse(io.BytesIO):
    """What ``urlopen`` returns, of the bytes given."""


def test_grouplens_archive_is_unpacked(monkeypatch):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("ml-100k/u.data", RATINGS)
        archive.writestr("ml-100k/u.item", U_ITEM)
    monkeypatch.setattr(
        movielens.urllib.request, "urlopen", lambda *_, **__: FakeResponse(content.getvalue())
    )
    assert movielens.from_grouplens() == (RATINGS, U_ITEM)


def test_grouplens_unreachable_or_wrong_says_why(monkeypatch):
    def refuse(*_, **__):
        raise urllib.error.URLError("connection refused")

    monkeypatch.setattr(movielens.urllib.request, "urlopen", refuse)
    with pytest.raises(Unavailable, match="connection refused"):
        movielens.from_grouplens()
    monkeypatch.setattr(
        movielens.urllib.request, "urlopen", lambda *_, **__: FakeResponse(b"<html>moved</html>")
    )
    with pytest.raises(Unavailable, match="not the archive"):
        movielens.from_grouplens()


def test_grouplens_that_breaks_off_says_so(monkeypatch):
    class BrokenOff(FakeResponse):
        def read(self):
            raise http.client.IncompleteRead(b"PK", 4_924_027)

    monkeypatch.setattr(movielens.urllib.request, "urlopen", lambda *_, **__: BrokenOff())
    with pytest.raises(Unavailable, match=r"IncompleteRead\(2 bytes read, 4924027 more expected"):
        movielens.from_grouplens()


def test_grouplens_that_does_not_answer_is_given_up_within_seconds(monkeypatch):
    monkeypatch.setattr(movielens, "GROUPLENS_SECONDS", 0.2)
    never = threading.Event()
    monkeypatch.setattr(
        movielens.urllib.request, "urlopen", lambda *_, **__: (never.wait(20), FakeResponse())[1]
    )
    with pytest.raises(Unavailable, match="no answer in time"):
        movielens.from_grouplens()
    never.set()


def test_grouplens_that_stops_halfway_is_given_up_within_seconds(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/ml-100k.zip"
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setattr(movielens, "GROUPLENS", address)
        monkeypatch.setattr(movielens, "GROUPLENS_SECONDS", 1)
        connections = []

        def answer():
            connection, _ = server.accept()
            connections.append(connection)
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 4924029\r\n\r\nPK")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Unavailable, match="timed out"):
            movielens.from_grouplens()
        thread.join()
        connections[0].close()


def test_pip_that_cannot_download_says_why(monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(Unavailable, match=r"pip could not download it .*recbole"):
        movielens.from_pypi()
