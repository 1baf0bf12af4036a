"""A zip is refused in a sentence, whatever is wrong with it, and costs little until then."""

import contextlib
import stat
import tracemalloc
import zipfile
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest
from handed_in import FILES, LAYOUTS, refusal, zip_with

from grader.engine.intake import IntakeError, read_submission


@pytest.mark.parametrize(
    "name",
    [
        "../model.py", "submission/../../model.py", "/etc/model.py", "C:/model.py",
        "submission\\..\\..\\model.py", "\\\\server\\model.py", "C:\\model.py",
    ],
)  # fmt: skip
def test_names_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    path = zip_with(tmp_path / "a.zip", ["submission/loss.py"])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), "x")
    assert "leads outside" in refusal(path)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [(stat.S_IFLNK, "symbolic link"), (stat.S_IFCHR, "ordinary"), (stat.S_IFIFO, "ordinary")],
)
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, kind: int, sentence: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        member = zipfile.ZipInfo("submission/model.py")
        member.external_attr = (kind | 0o644) << 16
        archive.writestr(member, "/etc/passwd")
    assert sentence in refusal(tmp_path / "a.zip")


@pytest.mark.parametrize(
    "names",
    [
        ["submission/Model.py"],
        ["submission/a/x.py", "submission/A/y.py"],
        ["submission/caf\u00e9.py", "submission/cafe\u0301.py"],
    ],
)
def test_names_that_clash_on_some_systems_are_refused(tmp_path: Path, names: list[str]) -> None:
    names = ["submission/model.py", *names]
    assert "differ only in case" in refusal(zip_with(tmp_path / "a.zip", names))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    assert "twice" in refusal(zip_with(tmp_path / "a.zip", ["submission/model.py"] * 2))


def test_names_that_cannot_be_shown_are_refused(tmp_path: Path) -> None:
    names = ["submission/loss.py", "submission/\x1b[31m.py"]
    assert "not printable" in refusal(zip_with(tmp_path / "a.zip", names))
    assert "nested" in refusal(zip_with(tmp_path / "b.zip", ["submission/" + "a/" * 20 + "x"]))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("submission/model.py", bytes(64 << 20))
    assert "larger than 1 MiB" in refusal(tmp_path / "a.zip")


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("submission/model.py", bytes(8 << 20))
    true, false = (8 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(true, false))
    assert "damaged" in refusal(path) or "larger" in refusal(path)


def test_a_list_of_very_many_names_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(40_000):
            archive.writestr(zipfile.ZipInfo(f"{number}"), "")
    tracemalloc.start()
    assert "more than 5000 files" in refusal(tmp_path / "a.zip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_zip_with_too_many_files_is_told_what_to_zip(tmp_path: Path) -> None:
    names = [f"env/lib/{number}.py" for number in range(6000)]
    assert "zip only the folder submission" in refusal(zip_with(tmp_path / "a.zip", names))


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "a.zip", ["submission/model.py"])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    assert "encrypted" in refusal(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, 9])
def test_methods_that_cost_much_memory_are_refused(tmp_path: Path, method: int) -> None:
    path = zip_with(tmp_path / "a.zip", ["submission/model.py"])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 10] = data[data.index(b"PK\x03\x04") + 8] = method
    path.write_bytes(bytes(data))
    assert "compressed in a way that is not read" in refusal(path)


@pytest.mark.parametrize(
    "damage", ["of a later version", "a name in no encoding", "a local name in no encoding"]
)
def test_a_zip_that_python_cannot_read_is_refused(tmp_path: Path, damage: str) -> None:
    path = zip_with(tmp_path / "a.zip", ["submission/model.py"])
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    if damage == "of a later version":
        data[entry + 6] = 90
    elif damage == "a name in no encoding":
        data[entry + 9] |= 8  # the name is UTF-8, it says
        data[entry + 46] = 0xFF
    else:
        data[7] |= 8
        data[30] = 0xFF
    path.write_bytes(bytes(data))
    assert "damaged" in refusal(path)


def test_a_file_without_a_name_and_one_that_is_a_folder_too_are_refused(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "a.zip", ["submission/model.py", "x"])
    data = path.read_bytes()
    entry = data.rindex(b"PK\x01\x02")
    nameless = data[:entry] + data[entry : entry + 28] + b"\0\0" + data[entry + 30 : entry + 46]
    end = bytearray(data[entry + 47 :])
    end[12] -= 1  # the list is a byte shorter
    path.write_bytes(nameless + end)
    assert "without a name" in refusal(path)
    for names in (["submission/model.py", "submission/model.py/x.py"], ["a/b/x.py", "a/b"]):
        assert "as a file and as a folder" in refusal(zip_with(tmp_path / "b.zip", names))
        assert "as a file and as a folder" in refusal(zip_with(tmp_path / "b.zip", names[::-1]))


@hypothesis.settings(max_examples=300)
@hypothesis.given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6)
)
def test_a_damaged_zip_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    path = zip_with(tmp_path_factory.mktemp("zip") / "a.zip", LAYOUTS[0])
    data = bytearray(path.read_bytes())
    for place, value in changes:
        data[place % len(data)] = value
    path.write_bytes(bytes(data))
    with contextlib.suppress(IntakeError):
        assert read_submission(path, FILES).files


def test_names_that_windows_has_written_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("ps1\\submission\\model.py"), "x = 1")
    assert dict(read_submission(tmp_path / "a.zip", FILES).files) == {"model.py": b"x = 1"}
