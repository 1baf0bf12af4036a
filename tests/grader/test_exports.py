"""Downloads of submissions as each learning platform writes them: every student is in them once."""

import os
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from grader.cohort.exports import ExportError, read_metadata
from grader.cohort.loose_files import names_on
from grader.cohort.names import LONGEST_NAME
from grader.cohort.roster import Person, Roster
from grader.cohort.rows import rows
from grader.cohort.uploads import Upload, find_uploads
from grader.engine.intake import read_submission

FILES = ("model.py", "loss.py", "mrr.py")


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def zipped(path: Path, text: str, folder: str = "submission/") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name in FILES:
            archive.writestr(f"{folder}{name}", text)
    return path


def by_person(uploads: tuple[Upload, ...]) -> dict[str, Upload]:
    """Return the uploads by the first id, or else name, of whose they are."""
    found = {(u.people[0].id or u.people[0].name): u for u in uploads}
    assert len(found) == len(uploads), "somebody is there twice"
    return found


def code(upload: Upload) -> dict[str, str]:
    assert upload.refusal == ""
    read = read_submission(upload.handed_in, FILES)
    return {name: data.decode() for name, data in read.files.items()}


def all_of(text: str) -> dict[str, str]:
    return dict.fromkeys(FILES, text)


def test_canvas(tmp_path: Path) -> None:
    zipped(tmp_path / "lovelaceada_12000_678000_ps1-submission.zip", "ada")
    for number, name in enumerate(FILES):
        write(tmp_path / f"hoppergrace_LATE_12001_67810{number}_{name}", "grace")
    # A second attempt: Canvas adds -1 to the names that were there before.
    zipped(tmp_path / "turingalan_12002_678200_ps1-submission.zip", "first")
    zipped(tmp_path / "turingalan_LATE_12002_678900_ps1-submission-1.zip", "second")
    for number, name in enumerate(FILES):
        write(tmp_path / f"müllerzoë_12003_67830{number}_{name}", "first")
        write(tmp_path / f"müllerzoë_12003_67840{number}_{name[:-3]}-1.py", "second")
    write(tmp_path / "müllerzoë_12003_678500_ps1.pdf")
    # A zip first, then loose files; and the other way round.
    zipped(tmp_path / "noetheremmy_12004_678600_ps1.zip", "first")
    write(tmp_path / "noetheremmy_12004_678700_model.py", "second")
    write(tmp_path / "gaussc_12005_678600_model.py", "first")
    zipped(tmp_path / "gaussc_12005_678700_ps1.zip", "second")
    write(tmp_path / "eulerl_LATE_12006_text.html", "<p>Here is my work.</p>")
    zipped(tmp_path / "LATE_anon_x8AbQ_678800_ps1.zip", "anonymous")
    (tmp_path / ".DS_Store").write_text("")

    found = by_person(find_uploads(tmp_path))
    assert {u.platform for u in found.values()} == {"canvas"}
    assert len(found) == 8
    assert code(found["12000"]) == all_of("ada")
    assert code(found["12001"]) == all_of("grace")
    assert code(found["12002"]) == all_of("second")
    assert code(found["12003"]) == all_of("second")
    assert code(found["12004"]) == {"model.py": "second"}
    assert code(found["12005"]) == all_of("second")
    assert code(found["anon_x8AbQ"]) == all_of("anonymous")
    assert "only text in the browser" in found["12006"].refusal
    late = {id_ for id_, upload in found.items() if upload.late}
    assert late == {"12001", "12002", "12006", "anon_x8AbQ"}
    attempts = {id_: upload.attempt for id_, upload in found.items() if upload.attempt > 1}
    assert attempts == dict.fromkeys(("12002", "12003", "12004", "12005"), 2)
    assert found["12000"].people[0].name == "lovelaceada"
    assert "ps1.zip" in found["12004"].notes[0] and not found["12001"].notes


def test_names_in_canvas_with_digits_and_underscores(tmp_path: Path) -> None:
    write(tmp_path / "o_brien2_77_5_my_12_34_file.py")
    (upload,) = find_uploads(tmp_path)
    assert (upload.people[0].id, upload.people[0].name) == ("77", "o_brien2")
    assert [name for name, _ in upload.files] == ["my_12_34_file.py"]


def test_moodle_in_folders(tmp_path: Path) -> None:
    name = "assignsubmission_file_"
    zipped(tmp_path / f"Ada Lovelace_12345_{name}" / "ps1-submission.zip", "ada")
    for file in FILES:
        write(tmp_path / f"Zoë Müller-Lüdenscheidt_12346_{name}" / file, "zoe")
    write(tmp_path / "Ada Lovelace_12345_assignsubmission_onlinetext_" / "onlinetext.html")
    write(tmp_path / "Bo Li_12347_assignsubmission_onlinetext_" / "onlinetext.html")
    write(tmp_path / f"Group A-Grace Hopper_12348_{name}" / "ps1" / "submission" / "mrr.py", "g")
    found = by_person(find_uploads(tmp_path))
    assert {u.platform for u in found.values()} == {"moodle"}
    assert code(found.pop("12345")) == all_of("ada")
    assert code(found.pop("12346")) == all_of("zoe")
    assert code(found.pop("12348")) == {"mrr.py": "g"}
    assert "only text in the browser" in found.pop("12347").refusal
    assert not found


def test_moodle_without_folders(tmp_path: Path) -> None:
    for file in FILES:
        write(tmp_path / f"Ada Lovelace_12345_assignsubmission_file_{file}", "ada")
    zipped(tmp_path / "Bo Li_12346_assignsubmission_file_ps1.zip", "bo")
    write(tmp_path / "Bo Li_12346_assignsubmission_onlinetext_onlinetext.html")
    found = by_person(find_uploads(tmp_path))
    assert code(found.pop("12345")) == all_of("ada")
    assert code(found.pop("12346")) == all_of("bo")
    assert not found


METADATA = """\
---
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: '0012'
    :email: ada@example.edu
  :created_at: 2026-12-11 23:58:01.123456000 Z
  :score: 20.0
  :status: processed
  :results:
    tests:
    - name: 1a
      output: "submission_102:\\n  :submitters: []"
    - name: 1b
      output: |2

        submission_102:

          :submitters:
  :history:
  - :id: 99
    :created_at: 2026-12-10 10:00:00.000000000 Z
submission_102:
  :submitters:
  - :name: Grace Hopper
    :sid: '0013'
    :email: grace@example.edu
  - :name: Alan Turing
    :sid:
    :email: &1 alan@example.edu
  :created_at: 2026-12-12 08:00:00.000000000 -08:00
submission_103:
  :submitters:
  - :name: Bo Li
    :sid: '0014'
    :email: bo@example.edu
"""


@pytest.mark.parametrize("around", ["", "assignment_9_export"])
def test_gradescope(tmp_path: Path, around: str) -> None:
    folder = tmp_path / around
    write(folder / "submission_metadata.yml", METADATA)
    for file in FILES:
        write(folder / "submission_101" / "submission" / file, "ada")
        write(folder / "submission_102" / file, "group")
    write(folder / "submission_104" / "model.py")
    found = by_person(find_uploads(tmp_path))
    ada, group = found.pop("0012"), found.pop("0013")
    assert code(ada) == all_of("ada") and code(group) == all_of("group")
    assert ada.submitted_at == datetime(2026, 12, 11, 23, 58, 1, tzinfo=timezone.utc)
    zone = timezone(timedelta(hours=-8))
    assert group.submitted_at == datetime(2026, 12, 12, 8, tzinfo=zone)
    assert [person.email for person in group.people] == ["grace@example.edu", "alan@example.edu"]
    assert "submission_103 is missing" in found.pop("0014").refusal
    assert found.pop("submission_104").platform == "plain"
    assert not found


def test_a_list_of_gradescope_that_refers_to_its_results_is_read(tmp_path: Path) -> None:
    listed = METADATA.replace("- name: 1a", "- name: &2 Ada").replace("Grace Hopper", "*2")
    assert (
        read_metadata(write(tmp_path / "a.yml", listed))["submission_102"].people[0].name == "Ada"
    )


@pytest.mark.parametrize("text", ["a: [", "- 1\n- 2", "\x00", "&a [*a]"])
def test_a_list_of_gradescope_that_is_none_is_said(tmp_path: Path, text: str) -> None:
    write(tmp_path / "submission_metadata.yml", text)
    with pytest.raises(ValueError, match="Export it again"):
        find_uploads(tmp_path)


NOTE = """\
Name: {name} ({user})
Assignment: PS 1
Date Submitted: Friday, December 11, 2026 11:40:12 PM PST
Current Grade: Not Yet Graded

Submission Field:
Files:
\tFilename: a line that is no pair

Comments:
There are no student comments for this assignment.

Files:
{files}"""


def test_blackboard(tmp_path: Path) -> None:
    def attempt(user: str, name: str, time: str, files: dict[str, str], text: str) -> None:
        stem = f"PS 1_{user}_attempt_{time}"
        for original, stored in files.items():
            if original.endswith(".zip"):
                zipped(tmp_path / f"{stem}_{stored}", text)
            else:
                write(tmp_path / f"{stem}_{stored}", text)
        listed = "".join(
            f"\tOriginal filename: {original}\n\tFilename: {stem}_{stored}\n\n"
            for original, stored in files.items()
        )
        write(tmp_path / f"{stem}.txt", NOTE.format(name=name, user=user, files=listed))

    loose = {name: name for name in FILES}
    attempt("alovelace", "Ada Lovelace", "2026-12-11-23-40-12", loose, "ada")
    attempt("g_hopper", "Grace Hopper", "2026-12-10-09-00-00", {"ps1.zip": "ps1.zip"}, "first")
    attempt("g_hopper", "Grace Hopper", "2026-12-12-00-10-00", {"ps1.zip": "ps1.zip"}, "second")
    attempt("zoe", "Zoë Müller", "2026-12-11-12-00-00", {"mrr.py": "1234.py"}, "renamed")
    attempt("empty", "Bo Li", "2026-12-11-12-00-00", {}, "")
    zipped(tmp_path / "PS 1_nonote_attempt_2026-12-11-12-00-00_ps1.zip", "no note")

    found = by_person(find_uploads(tmp_path))
    assert {u.platform for u in found.values()} == {"blackboard"}
    ada, grace = found.pop("alovelace"), found.pop("g_hopper")
    assert code(ada) == all_of("ada") and code(grace) == all_of("second")
    assert ada.submitted_at == datetime(2026, 12, 11, 23, 40, 12)
    assert grace.submitted_at == datetime(2026, 12, 12, 0, 10)
    assert (grace.people[0].name, grace.attempt) == ("Grace Hopper", 2)
    assert "2026-12-10-09-00-00_ps1.zip" in grace.notes[0]
    assert code(found.pop("zoe")) == {"mrr.py": "renamed"}
    assert "No file was handed in" in found.pop("empty").refusal
    assert code(found.pop("nonote")) == all_of("no note")
    assert not found


def test_google_classroom(tmp_path: Path) -> None:
    zipped(tmp_path / "Ada Lovelace - PS1.zip", "ada")
    zipped(tmp_path / "Grace Hopper - PS1.zip", "first")
    zipped(tmp_path / "Grace Hopper - PS1 (1).zip", "second")
    for file in FILES:
        write(tmp_path / "Bo Li - PS1" / file, "bo")
    found = by_person(find_uploads(tmp_path))
    assert {u.platform for u in found.values()} == {"classroom"}
    assert code(found["Ada Lovelace"]) == all_of("ada")
    assert code(found["Bo Li"]) == all_of("bo")
    with pytest.raises(ValueError, match="more than one submission"):
        code(found["Grace Hopper"])


def test_a_plain_folder(tmp_path: Path) -> None:
    zipped(tmp_path / "ada.zip", "ada")
    for file in FILES:
        write(tmp_path / "bo" / "ps1" / "submission" / file, "bo")
    zipped(tmp_path / "ps1 - grace.zip", "grace")
    zipped(tmp_path / "ps1 - alan.zip", "alan")
    uploads = find_uploads(tmp_path)
    assert {u.platform for u in uploads} == {"plain"}
    names = [u.people[0].name for u in uploads]
    assert names == ["ada", "bo", "ps1 - alan", "ps1 - grace"]
    assert [code(u)["mrr.py"] for u in uploads] == ["ada", "bo", "alan", "grace"]


def test_loose_files_in_a_plain_folder_are_joined_by_the_name_in_them(tmp_path: Path) -> None:
    for file in FILES:
        write(tmp_path / f"ada_{file}", "ada")
        write(tmp_path / f"Bo Li - {file}", "bo")
        write(tmp_path / f"{file[:-3]}_cem.cole@example.edu.py", "cem")
        write(tmp_path / f"dora_diaz-{file[:-3]} (1).py", "dora")
    write(tmp_path / "Ada_helper.py", "ada's own")
    write(tmp_path / "emmy_model.py.txt", "emmy")
    zipped(tmp_path / "fei.zip", "fei")
    found = by_person(find_uploads(tmp_path, FILES))
    assert sorted(found) == ["Bo Li", "ada", "cem.cole@example.edu", "dora_diaz", "emmy", "fei"]
    assert code(found["ada"]) == {**all_of("ada"), "helper.py": "ada's own"}
    assert code(found["Bo Li"]) == all_of("bo")
    assert code(found["cem.cole@example.edu"]) == all_of("cem")
    assert code(found["dora_diaz"]) == all_of("dora")
    assert code(found["emmy"]) == {"model.py": "emmy"}
    assert code(found["fei"]) == all_of("fei")
    assert "Taken together: Bo Li - loss.py, Bo Li - model.py and Bo" in found["Bo Li"].notes[0]


def test_loose_files_that_may_be_of_two_or_of_nobody_are_refused_with_a_reason(
    tmp_path: Path,
) -> None:
    for name in ("ada_model.py", "ada-model.py", "bo_model.py", "model.py", "cem_loss.py"):
        write(tmp_path / name)
    zipped(tmp_path / "bo.zip", "bo")
    found = {upload.name: upload for upload in find_uploads(tmp_path, FILES)}
    assert "one file of ada twice" in found["ada"].refusal
    assert found["bo.zip"].refusal == "bo_model.py and bo.zip have one name. Keep one of them."
    assert found["bo_model.py"].refusal == found["bo.zip"].refusal
    assert "ada_model.py" in found["model.py"].refusal
    assert code(found["cem"]) == {"loss.py": ""}
    assert len(found) == 5


VERSIONS = (
    "model_final", "model-copy", "model - Copy", "model (1)", "model_v2", "model_v2.1",
    "model-last", "model_old", "model fixed", "model_3", "model_final2 (1)", "model_2026-12-11",
    "model_20261211", "model_11.12.2026", "model_261211_2359", "model_11dec", "new_model",
    "Copy of model", "Kopie von model", "my model", "test_model", "ps1-model", "loss_model",
    "1. model", "model_",
)  # fmt: skip


@pytest.mark.parametrize("stem", VERSIONS)
def test_a_word_that_says_which_version_a_file_is_is_no_students_name(
    tmp_path: Path, stem: str
) -> None:
    write(tmp_path / f"{stem}.py")
    write(tmp_path / f"{stem.replace('model', 'mrr')}.py")
    for file in FILES:
        write(tmp_path / f"ada_{file}", "ada")
    found = by_person(find_uploads(tmp_path, FILES))
    assert code(found.pop("ada")) == all_of("ada") and len(found) == 2
    assert all("has no student's name" in upload.refusal for upload in found.values())
    for file in FILES:
        (tmp_path / f"ada_{file}").unlink()
    with pytest.raises(ExportError, match="is one submission"):
        find_uploads(tmp_path, FILES)


def test_files_that_such_a_word_alone_tells_apart_are_refused(tmp_path: Path) -> None:
    for stem in ("ada_model", "ada_loss", "ada_final_mrr", "cem-model", "new_cem_mrr"):
        write(tmp_path / f"{stem}.py")
    write(tmp_path / "George Best - model.py", "best")
    write(tmp_path / "George Best - mrr.py", "best")
    found = by_person(find_uploads(tmp_path, FILES))
    assert code(found.pop("George Best")) == {"model.py": "best", "mrr.py": "best"}
    reasons = {name: upload.refusal for name, upload in found.items()}
    assert list(reasons) == ["ada", "ada_final", "cem", "new_cem"]
    assert reasons["ada"] == reasons["ada_final"]
    assert "may be of one student or of several (ada_final and ada)" in reasons["ada"]
    assert "(cem and new_cem)" in reasons["cem"]


def test_a_version_behind_the_files_name_leaves_no_doubt_whose_it_is(tmp_path: Path) -> None:
    for name in ("ada_model_final.py", "ada_loss_v2.py", "bo_model.py", "bo_model_old.py"):
        write(tmp_path / name)
    found = by_person(find_uploads(tmp_path, FILES))
    assert code(found["ada"]) == {"model.py": "", "loss.py": ""}
    assert "ada_model_final.py was taken for model.py." in found["ada"].notes
    assert "bo_model.py and bo_model_old.py hold one file of bo twice" in found["bo"].refusal


def test_what_is_on_the_roster_is_a_name_whatever_it_looks_like(tmp_path: Path) -> None:
    people = (Person("20261211", "Ada Lovelace"), Person("7", "New, Bo", "v2@example.edu"))
    known = names_on(Roster("plain", (*people, Person("cem", "Cem"))))
    for name in ("model_20261211.py", "7_model.py", "v2_mrr.py", "cem_model.py", "cem_new_mrr.py"):
        write(tmp_path / name, "x")
    found = by_person(find_uploads(tmp_path, FILES, known))
    assert list(found) == ["20261211", "7", "cem", "v2"]
    assert code(found["20261211"]) == code(found["7"]) == {"model.py": "x"}
    assert code(found["cem"]) == {"model.py": "x", "mrr.py": "x"}


def test_a_helper_is_not_given_to_a_student_with_a_shorter_name(tmp_path: Path) -> None:
    for file in FILES:
        write(tmp_path / f"ann_{file}", "ann")
    zipped(tmp_path / "ann_marie.zip", "marie")
    write(tmp_path / "ann_marie_helper.py")
    write(tmp_path / "ann_helper.py", "own")
    found = by_person(find_uploads(tmp_path, FILES))
    assert code(found["ann"]) == {**all_of("ann"), "helper.py": "own"}
    assert code(found["ann_marie"]) == all_of("marie")


def test_the_folder_of_one_student_is_no_course(tmp_path: Path) -> None:
    for name in (*FILES, "helper.py", "notes.txt"):
        write(tmp_path / "ada" / name, "ada")
    with pytest.raises(ExportError, match=r"is one submission \(loss\.py, model\.py and mrr"):
        find_uploads(tmp_path / "ada", FILES)
    (upload,) = find_uploads(tmp_path, FILES)
    assert code(upload) == {**all_of("ada"), "helper.py": "ada"}


def test_names_that_are_no_text_or_very_long_cost_their_own_student_only(tmp_path: Path) -> None:
    zipped(tmp_path / "ada.zip", "ada")
    for name in (b"b\xff.zip", b"m\xe9_1_20_model-1.py", b"n" * 236 + b".zip", b"\x1b[2J.tgz"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("x = 1\n")
    listed = rows(None, find_uploads(tmp_path))
    assert len(listed) == 5
    for row in listed:
        row.name.encode(), row.person.label.encode()
        assert row.name.isprintable() and len(row.name.encode()) <= LONGEST_NAME
    read = [row.upload for row in listed if row.upload and row.upload.platform == "canvas"]
    assert [code(upload) for upload in read] == [{"model.py": "x = 1\n"}]


@pytest.mark.parametrize("around", ["", "assignment_9_export/"])
def test_a_download_that_is_still_packed_is_said(tmp_path: Path, around: str) -> None:
    for names in (["submission_metadata.yml"], ["lovelaceada_1_10_ps1.zip", "boli_2_11_model.py"]):
        with zipfile.ZipFile(tmp_path / "submissions.zip", "w") as archive:
            for name in names:
                archive.writestr(around + name, "")
        with pytest.raises(ExportError, match=r"submissions\.zip is a download .* Unpack it"):
            find_uploads(tmp_path)
    zipped(tmp_path / "submissions.zip", "one student's")
    assert len(find_uploads(tmp_path)) == 1


def test_a_link_in_an_export_costs_its_own_student_only(tmp_path: Path) -> None:
    zipped(tmp_path / "lovelaceada_1_10_ps1.zip", "ada")
    (tmp_path / "hoppergrace_2_11_ps1.zip").symlink_to(tmp_path / "lovelaceada_1_10_ps1.zip")
    found = by_person(find_uploads(tmp_path))
    assert code(found["1"]) == all_of("ada")
    assert "is a link" in found["2"].refusal
