"""No attack gets through where workers have the grader's own user, or Landlock is old."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.engine.sandbox.users import ReservedUsers

SCRIPT = Path(__file__).parent / "as_user.py"
REPOSITORY = Path(__file__).resolve().parents[3]
NEWEST = 99
#: A file that workers can read and that, below, belongs to their user.
BAIT = Path(sysconfig.get_paths()["purelib"], "numpy", "py.typed")
SECRET = "sentinel of a user"
ATTACKS = (
    "take_leases", "lock_files", "watch_folders", "look_into_page_cache", "measure_machine",
    "flags_of_files", "truncate_files", "fill_closed_folders", "fill_disk", "outlive_server",
    "small_threads", "thread_bomb", "fork_bomb", "kill_parent", "stop_parent", "ptrace_parent",
    "queue_signals", "change_priority_of_parent", "change_limits_of_parent", "read_memory_by_vm",
    "read_parent_memory", "read_parent_environment", "read_parent_files", "read_home",
    "copy_descriptor_of_parent", "change_permissions", "write_everywhere", "datagram_by_path",
    "abstract_socket",
)  # fmt: skip
#: What only the grader's process can count, where workers have its user.
ENDS = {
    "small_threads": "The program started more than 16 threads.",
    "fill_closed_folders": "The program wrote more than 4,194,304 bytes to disk.",
}
#: Seen from a mount namespace of its own, Python lies where everybody may enter, and the bait
#: belongs to the user.
ENTER = """
set -e
bait="$1" closed="$2" needed="$3" aside="$4"; shift 4
if [ -n "$closed" ]; then
    mount --bind "$needed" "$aside"
    mount -t tmpfs -o mode=755 none "$closed"
    mkdir -p "$needed"
    mount --move "$aside" "$needed"
fi
mount --bind "$bait" "@BAIT@"
exec "$@"
""".replace("@BAIT@", str(BAIT))


def skip(reason: str) -> None:
    """Skip, or fail where it ought to be possible."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def ordinary_user() -> Iterator[int]:
    """The id of a user that is nobody's."""
    reserved = ReservedUsers()
    yield reserved.ids[0]
    reserved.release()


@pytest.mark.parametrize(
    ("user", "mode", "version"),
    [
        ("ordinary", "fallback", 1),
        pytest.param("ordinary", "fallback", 2, marks=pytest.mark.thorough),
        pytest.param("ordinary", "fallback", NEWEST, marks=pytest.mark.thorough),
        pytest.param("ordinary", "bubblewrap", NEWEST, marks=pytest.mark.thorough),
        pytest.param("root without capabilities", "fallback", NEWEST, marks=pytest.mark.thorough),
    ],
)
def test_attacks_get_nowhere_as(user: str, mode: str, version: int, ordinary_user: int) -> None:
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("setpriv"):
        skip("only root on Linux can become other users; run this one with sudo")
    place = Path("/var/tmp", f"attacked-as-{ordinary_user}")
    place.mkdir()
    try:
        ended = _run(user, mode, version, place, ordinary_user)
        assert ended.returncode == 0, ended.stderr[-3000:]
        report = json.loads(ended.stdout)
        bait = (place / "bait").read_text()
    finally:
        shutil.rmtree(place)
    assert report["isolated"], report
    assert report["user"] == (ordinary_user if user == "ordinary" else 0)
    assert bait == SECRET
    for attack, result in report["results"].items():
        assert not result["left"], attack
        for came in result["came"]:
            assert "breach-" not in came, attack
            assert SECRET not in came, attack
    if mode == "fallback":
        ends = {attack: report["results"][attack]["sentences"] for attack in ENDS}
        assert ends == {attack: [sentence] * 2 for attack, sentence in ENDS.items()}


def _run(
    user: str, mode: str, version: int, place: Path, ordinary_user: int
) -> subprocess.CompletedProcess:
    """Run the script as another user, in a world where that user can."""
    home, bait, aside = place / "home", place / "bait", place / "aside"
    for folder in (home, aside):
        folder.mkdir()
    for file in (bait, home / "secret.txt"):
        file.write_text(SECRET)
    owned = f"{home / 'secret.txt'}"
    names = dict.fromkeys(
        ("@HIDDEN@", "@HOME_FILE@", "@REPOSITORY@", "@NEIGHBOUR@", "@CURRENT@"), owned
    )
    names |= {"@BAIT@": str(BAIT), "@HOME@": str(home), "@GRADER@": str(REPOSITORY / "grader")}
    names |= {"@PORT@": "9", "@ABSTRACT@": "nobody", "@LETTERBOX@": str(place / "nobody")}
    (place / "names.json").write_text(json.dumps(names))
    if user == "ordinary":
        for path in (place, *place.rglob("*")):
            os.chown(path, ordinary_user, ordinary_user)
        become = ["--reuid", f"{ordinary_user}", "--regid", f"{ordinary_user}", "--clear-groups"]
    else:
        become = ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    needed = Path(sys.base_prefix).resolve()
    closed = [str(folder) for folder in needed.parents if not folder.stat().st_mode & 0o001]
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        [
            "unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "enter",
            str(bait), closed[-1] if closed else "", str(needed), str(aside),
            "setpriv", *become, sys.executable, str(SCRIPT), mode, f"{version}", str(place),
            *ATTACKS,
        ],
        env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=250,
    )  # fmt: skip
