"""Copies stand out from a course of those who worked alone; a page shows them side by side."""

import csv
import hashlib
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.copying import everything, reformatted
from bench.scoreboard.styles import FOLDERS
from bench.similarity import (
    INDEPENDENT,
    WAYS,
    Planted,
    found_in,
    independent,
    planted,
    read_answers,
    work_of,
)
from grader.cohort.command import main
from grader.cohort.similarity import (
    Pair,
    Similarity,
    Work,
    handed_out_files,
    hashes_of_all,
    known_hashes,
    pairs_table,
    similarity_of,
    template_hashes,
)
from grader.cohort.similarity_page import side_by_side, write_similarity_page

PROJECT = Path(__file__).parents[2]
HANDED_OUT = handed_out_files(PROJECT)
TEMPLATE = {
    name: re.sub(
        rb"### BEGIN SOLUTION.*?### END SOLUTION",
        b'raise NotImplementedError("Question 1a is not written yet")',
        content,
        flags=re.DOTALL,
    )
    for name, content in HANDED_OUT.items()
}


@pytest.fixture(scope="module")
def course() -> Planted:
    return planted(7, read_answers(), INDEPENDENT, 5)


def test_copies_are_found_and_those_who_worked_alone_are_not(course):
    found = found_in(course)
    for way in set(WAYS) - {"one answer replaced", "all of these"}:
        assert found.copies[way] == (5, 5), way
    assert sum(count for count, _ in found.copies.values()) >= 0.9 * len(course.copies)
    assert len(found.false) <= 3, found.false


def test_the_list_is_the_same_twice_and_in_another_process(course):
    works = course.works[::-1]
    table = pairs_table(similarity_of(works, HANDED_OUT))
    assert table.count("\n") > 20
    assert pairs_table(similarity_of(iter(works), HANDED_OUT)) == table
    code = (
        "import sys, pathlib, hashlib; from grader.cohort.similarity import *;"
        "f = handed_out_files(pathlib.Path('.'));"
        "print(hashlib.sha256(known_hashes(f).tobytes()).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == hashlib.sha256(known_hashes(HANDED_OUT).tobytes()).hexdigest()


def test_a_rare_mistake_of_both_moves_a_pair_up_and_a_frequent_one_does_not(course):
    works = [replace(work, mistakes=frozenset()) for work in course.works[-120:]]
    before = {pair.first + pair.second: pair for pair in similarity_of(works, HANDED_OUT).pairs}
    last = list(before)[-1]

    def alike(mistaken: set[str]) -> float:
        made = [
            replace(work, mistakes=frozenset({"m"})) if {*work.names} & mistaken else work
            for work in works
        ]
        pairs = similarity_of(made, HANDED_OUT).pairs
        (found,) = [pair for pair in pairs if pair.first + pair.second == last]
        assert found.rare == (("m",) if len(mistaken) == 2 else ())
        return found.alike - before[last].alike

    everybody = {name for work in works for name in work.names}
    assert alike({*last}) > 0.005
    assert abs(alike(everybody)) < 0.001


def test_templates_and_what_everybody_has_make_no_pair(course):
    changed = {**TEMPLATE, "loss.py": TEMPLATE["loss.py"] + b"\n# my own comment\n"}
    works = [Work(("ada", "bo"), TEMPLATE), Work(("cem",), changed), *course.works[:40]]
    found = similarity_of(works, HANDED_OUT)
    assert found.identical == ()
    assert not any({"ada", "cem"} & {*pair.first, *pair.second} for pair in found.pairs)
    assert similarity_of([], HANDED_OUT).pairs == ()
    assert similarity_of([Work(("ada",), {})], HANDED_OUT).pairs == ()
    nothing = set(hashes_of_all(TEMPLATE).tolist()) - set(template_hashes(HANDED_OUT).tolist())
    assert not nothing, "what is not written yet is nobody's code"


def test_the_one_upload_of_a_group_is_not_listed_and_the_same_files_of_others_are(course):
    files = course.works[0].files
    group = Work(("ada", "bo"), files, together=True)
    assert similarity_of([group, *course.works[1:9]], HANDED_OUT).identical == ()
    several = replace(group, together=False)
    found = similarity_of([several, *course.works[1:9]], HANDED_OUT)
    assert found.identical == (("ada", "bo"),)


def test_pairs_that_hang_together_are_a_group():
    def pair(first: str, second: str) -> Pair:
        return Pair(tuple(first), tuple(second), 0.9)

    found = Similarity((pair("a", "b"), pair("c", "d"), pair("ef", "g"), pair("b", "c")), ())
    assert found.groups == (("a", "b", "c", "d"),)
    found = replace(found, pairs=(*found.pairs, pair("g", "h")))
    assert found.groups == (("a", "b", "c", "d"), ("e", "f", "g", "h"))
    page = write_similarity_page(found, {}, lambda name: {}, str.upper, lambda *_: "")
    assert "A, B, C, D" in page
    assert "More than two" not in write_similarity_page(
        replace(found, pairs=found.pairs[:2]), {}, lambda name: {}, str, lambda *_: ""
    )


def test_names_comments_and_layout_make_no_tokens_and_a_library_s_names_do():
    first = (
        b'def f(x, y):\n    """Doc."""\n    total = x + y  # add\n    return torch.sigmoid(total)\n'
    )
    second = b"def g(a, b):\n\n  s = a+b\n  return torch.sigmoid(\n s)\n"
    third = first.replace(b"sigmoid", b"tanh")
    hashes = [hashes_of_all({"loss.py": code}).tolist() for code in (first, second, third)]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize("code", [b"\xff\xfe(", b'"""', b"'\\", b"def f(:\n  '''", b"x" * 100_000])
def test_any_bytes_have_tokens(code):
    assert hashes_of_all({"loss.py": code}).dtype == "uint64"


def test_what_both_have_is_marked_and_all_text_is_escaped():
    answers = independent(random.Random(3), read_answers(), 4)
    one, *others = (work_of(f"<{n}>", each) for n, each in enumerate(answers))
    copied = work_of("copy", answers[0], everything)
    works = [one, copied, *others]
    similarity = similarity_of(works, HANDED_OUT)
    assert [pair.first + pair.second for pair in similarity.pairs] == [("<0>", "copy")]
    code = {work.names[0]: work.files for work in works}
    page = write_similarity_page(
        similarity, HANDED_OUT, code.__getitem__, str, lambda name, id_: id_
    )
    assert page.index("no proof") < page.index("&lt;0&gt; and copy") and "<0>" not in page
    assert page.count("<mark>") > 20
    (sheet, *_) = side_by_side(
        {"a.py": b"x = 1\n" * 9 + b"y = torch.sum(torch.sigmoid(z))\n" + b"x = 2\n" * 9},
        {"a.py": b"k = torch.sum(torch.sigmoid(m))\n"},
        template_hashes(HANDED_OUT),
    )
    assert [line.text for line in sheet.first if line.marked] == ["y = torch.sum(torch.sigmoid(z))"]
    assert [line.text for line in sheet.second if line.marked][:1] == [
        "k = torch.sum(torch.sigmoid(m))"
    ]
    assert len(sheet.first) == 7, "two lines around, and what is left out on both sides"


def test_the_command_writes_the_list_and_says_so(tmp_path):
    uploads, out = tmp_path / "uploads", tmp_path / "grades"
    right = [FOLDERS / style for style in ("modulelist_relu_inside", "scipy_metric")]
    right.append(FOLDERS / "functional_losses")
    for name, change in (("ada", str), ("bo", reformatted), ("cem", str)):
        for style in reversed(right):
            for file in style.glob("*.py"):
                path = uploads / name / "submission" / file.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(change(file.read_text()))
    done = CliRunner().invoke(main, [str(uploads), "--out", str(out), "--public-only"])
    assert f"1 pair to look at, the same files from several: {out / 'similarity.html'}" in (
        done.output
    )
    with (out / "statistics" / "similarity.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(r["first"], r["second"], r["identical files"]) for r in rows] == [
        ("ada", "cem", "yes"),
        ("ada, cem", "bo", "no"),
    ]
    page = (out / "similarity.html").read_text()
    assert "ada, cem and bo" in page and "ModuleList" in page
