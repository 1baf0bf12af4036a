"""Set-up: what it installs, that it finishes what was cut short, and what it says."""

import ast
import ensurepip
import http.server
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import bootstrap

PROJECT = Path(__file__).parents[1]
NOWHERE = "http://127.0.0.1:9"
PACKAGES = ("torch", "pandas", "scipy", "matplotlib")


@pytest.fixture
def copy(tmp_path) -> Path:
    """A tiny project with the real bootstrap.py, which installs nothing from the network."""
    shutil.copy(PROJECT / "bootstrap.py", tmp_path)
    (tmp_path / "constraints.txt").write_text("")
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


def run_bootstrap(folder: Path, pip: str) -> subprocess.CompletedProcess:
    """Run bootstrap.py with a program of ours in the place of pip and of the first import."""
    program = (
        "import sys, bootstrap\n"
        "real = bootstrap.subprocess.Popen\n"
        f"fake = [sys.executable, '-c', {pip!r}]\n"
        "def instead(command, **options):\n"
        "    if 'venv' in command:\n"
        "        return real([*command, '--without-pip'], **options)\n"
        "    return real(fake, **options)\n"
        "bootstrap.subprocess.Popen = instead\n"
        f"bootstrap.CPU_BUILDS = {NOWHERE!r}\n"
        "bootstrap.main()\n"
    )
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PATH": ""}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


GOOD_PIP = "print('Installing collected packages: torch')"


def test_it_installs_once_and_then_finds_it_up_to_date(copy):
    first = run_bootstrap(copy, GOOD_PIP)
    assert first.returncode == 0 and ".venv is ready" in first.stdout
    second = run_bootstrap(copy, "raise SystemExit('not to be called')")
    assert second.returncode == 0 and second.stdout == ""


def test_make_keeps_what_python_compiles_whatever_the_shell_says():
    """Packages come without bytecode; compiling torch anew triples the time of an import."""
    said = subprocess.run(
        ["make", "-f", "Makefile", "-f", "-", "shown"],
        input="shown:\n\t@env\n",
        cwd=PROJECT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "PATH=" in said.stdout and "PYTHONDONTWRITEBYTECODE" not in said.stdout


def test_an_install_that_was_cut_short_is_finished(copy):
    cut = run_bootstrap(copy, "import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
    assert cut.returncode != 0
    after = run_bootstrap(copy, GOOD_PIP)
    assert after.returncode == 0 and ".venv is ready" in after.stdout


@pytest.mark.parametrize("changed", ["constraints.txt", "pyproject.toml"])
def test_changed_pins_are_installed(copy, changed):
    run_bootstrap(copy, GOOD_PIP)
    (copy / changed).write_text("# changed")
    assert ".venv is ready" in run_bootstrap(copy, GOOD_PIP).stdout


def test_a_complete_environment_serves_whichever_python_asks(copy):
    run_bootstrap(copy, GOOD_PIP)
    old = "import sys; sys.version_info = (3, 8, 1); sys.version = '3.8.1'; import bootstrap; "
    done = subprocess.run(
        [sys.executable, "-c", old + "bootstrap.main()"], cwd=copy, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_moved_folder_gets_an_environment_of_its_own(copy, tmp_path_factory):
    run_bootstrap(copy, GOOD_PIP)
    moved = copy.rename(tmp_path_factory.mktemp("elsewhere") / "ps1")
    assert ".venv is ready" in run_bootstrap(moved, GOOD_PIP).stdout
    assert str(moved) in (moved / ".venv" / "bin" / "activate").read_text()


def make_wheel(folder: Path, name: str, version: str, needs: str = "") -> None:
    """Make a package of empty modules."""
    info = f"{name}-{version}.dist-info"
    files = {
        **{f"{name}/{module}.py": "" for module in ("__init__", "pyplot", "stats")},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
        wheel.writestr(f"{info}/RECORD", "".join(f"{file},,\n" for file in files))


def make_tools(folder: Path, version: str) -> None:
    needs = [*PACKAGES, *(f"{name}; extra == '{name}'" for name in ("notebook", "study"))]
    lines = [f"Requires-Dist: {need}\n" for need in needs]
    lines += [f"Provides-Extra: {name}\n" for name in ("notebook", "study")]
    make_wheel(folder / "wheels", "ps1_tools", version, "".join(lines))


@pytest.fixture(scope="module")
def indexes(tmp_path_factory) -> Iterator[str]:
    """The address of two package indexes, main and cpu, with packages that hold nothing."""
    root = tmp_path_factory.mktemp("indexes")
    for name in (*PACKAGES, "notebook", "study", "wheel"):
        make_wheel(root / "main" / name, name, "2.13.0")
    make_wheel(root / "cpu" / "torch", "torch", "2.13.0+cpu")
    for wheel in Path(ensurepip.__file__).parent.glob("_bundled/*.whl"):  # uv puts them there
        page = root / "main" / wheel.name.split("-")[0]
        page.mkdir()
        shutil.copy(wheel, page)
    for page in [*root.glob("main/*"), *root.glob("cpu/*")]:
        links = "".join(f'<a href="{file.name}">{file.name}</a>' for file in page.iterdir())
        (page / "index.html").write_text(links)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=root)

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def student(copy, indexes, monkeypatch) -> Path:
    """A student's folder whose environment comes from the indexes, by the real pip or uv."""
    for name in ("constraint", "find_links", "extra_index_url", "constraint"):
        monkeypatch.delenv(f"PIP_{name.upper()}", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("PIP_INDEX_URL", f"{indexes}/main")
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{indexes}/main")
    make_tools(copy, "1.9")
    make_tools(copy, "1.10")
    (copy / "constraints.txt").write_text("torch==2.13.0\n")
    text = (copy / "bootstrap.py").read_text()
    (copy / "bootstrap.py").write_text(text.replace(bootstrap.CPU_BUILDS, f"{indexes}/cpu"))
    return copy


def set_up(folder: Path, *groups: str, path: str = "") -> tuple[str, set[str]]:
    """Run bootstrap.py; return what it printed and the packages that there are then."""
    done = subprocess.run(
        [sys.executable, "bootstrap.py", *groups],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    installed = folder.glob(".venv/lib/*/site-packages/*.dist-info")
    return done.stdout + done.stderr, {path.stem for path in installed}


UV = shutil.which("uv", path=str(Path(sys.executable).parent))


@pytest.mark.parametrize("uv", [False, True], ids=["pip", "uv"])
def test_a_students_folder_gets_the_newest_tools_and_what_they_need(student, uv):
    path = str(Path(UV).parent) if uv else ""
    said, packages = set_up(student, path=path)
    assert ".venv is ready" in said and "usual index" not in said
    assert packages >= {"ps1_tools-1.10", "torch-2.13.0+cpu", "notebook-2.13.0"}
    assert "study-2.13.0" not in packages
    said, packages = set_up(student, "study", path=path)
    assert ".venv is ready" in said and "study-2.13.0" in packages
    assert set_up(student, path=path) == ("", packages)
    # A correction in the third week.
    make_tools(student, "1.11")
    said, corrected = set_up(student, path=path)
    assert corrected - packages == {"ps1_tools-1.11"} and packages - corrected == {"ps1_tools-1.10"}
    assert (student / ".venv/bin/pip").exists(), "people install packages of their own"


def test_torch_is_the_usual_one_where_a_card_is_or_no_index_of_cpu_builds(
    indexes, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(bootstrap, "CPU_BUILDS", f"{indexes}/cpu")
    monkeypatch.setenv("PATH", str(tmp_path))
    if not Path("/proc/driver/nvidia").exists():
        assert bootstrap.find_cpu_builds() == f"{indexes}/cpu"
    driver = tmp_path / "nvidia-smi"
    driver.write_text("")
    driver.chmod(0o755)
    assert bootstrap.find_cpu_builds() is None and capsys.readouterr().out == ""
    driver.unlink()
    monkeypatch.setattr(bootstrap, "has_nvidia_driver", lambda: False)
    for nowhere in (f"{indexes}/nothing", NOWHERE):
        monkeypatch.setattr(bootstrap, "CPU_BUILDS", nowhere)
        assert bootstrap.find_cpu_builds() is None
        assert "PyTorch comes from the usual index" in capsys.readouterr().out
    monkeypatch.setattr("sys.platform", "darwin")
    assert bootstrap.find_cpu_builds() is None and capsys.readouterr().out == ""


def test_a_failing_install_says_why_and_is_finished_the_next_time(student, monkeypatch):
    path = str(Path(UV).parent)
    (student / "constraints.txt").write_text("torch==2.99\n")
    said, _ = set_up(student, path=path)
    assert "trying pip" in said
    assert "ResolutionImpossible" in said or "No matching distribution" in said
    assert "A pinned package has no version for Python" in said and "make PYTHON=" in said
    assert "network" not in said
    (student / "constraints.txt").write_text("torch==2.13.0\n")
    with monkeypatch.context() as cut_off:
        for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"):
            cut_off.setenv(name, NOWHERE)
        cut_off.setenv("PIP_RETRIES", "1")
        cut_off.setenv("UV_HTTP_RETRIES", "0")
        said, _ = set_up(student, path=path)
    assert "Check the network connection" in said and "install.log" in said
    said, packages = set_up(student, path=path)
    assert ".venv is ready" in said and "torch-2.13.0+cpu" in packages


OLD_PIP = "Collecting pandas\n  Downloading pandas-2.3.3-cp311-manylinux.whl (12.8 MB)\n"
MIRROR = "  Downloading https://files.example.org/p/pandas-2.3.3-cp311-manylinux.whl (12.8 MB)\n"
LINES_OF_UV = (
    "Resolved 151 packages in 1.02s\nDownloading pandas (11.8MiB)\nDownloading torch (1.5GiB)\n"
    " Downloaded pandas\n"
)


@pytest.fixture
def progress(monkeypatch, tmp_path) -> bootstrap.Progress:
    """The progress of an installation that began a minute ago."""
    monkeypatch.setattr(bootstrap, "SCRATCH", tmp_path)
    monkeypatch.setattr("time.time", lambda: 0.0)
    progress = bootstrap.Progress()
    monkeypatch.setattr("time.time", lambda: 60.0)
    return progress


@pytest.mark.parametrize("output", [OLD_PIP, MIRROR])
def test_progress_of_pip_is_megabytes_and_time_left(progress, tmp_path, output):
    for line in output.splitlines(keepends=True):
        progress.read(line)
    assert progress.status() == "downloading pandas"
    (tmp_path / "unpack").mkdir()
    (tmp_path / "unpack/pandas.whl").write_bytes(bytes(100_000_000))
    assert progress.status() == "downloading pandas: 100 of about 400 MB, about 3 minutes left"
    progress.read("Collecting nvidia-cudnn-cu13==9.20.0.48 (from torch==2.13.0)")
    assert progress.status() == "downloading pandas: 100 of about 2900 MB, about 28 minutes left"
    progress.read("Installing collected packages: mpmath, torch, pandas\n")
    assert progress.status() == "installing 3 packages"


def test_progress_of_uv_is_megabytes_and_time_left(progress):
    for line in LINES_OF_UV.splitlines(keepends=True):
        progress.read(line)
    assert progress.status() == "downloading torch: 12 of about 400 MB"
    progress.read(" Downloaded torch")
    assert progress.status().endswith("1623 of about 1623 MB, about 1 minute left")
    progress.read("Prepared 150 packages in 16.54s")
    assert progress.status() == "installing 150 packages"


@pytest.mark.parametrize("columns", [40, 80])
def test_the_line_of_progress_never_wraps(progress, columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    progress.in_place = True
    progress.what = "downloading " + "a-package-with-a-long-name-" * 4
    progress.show()
    progress.what = "short"
    progress.show()
    lines = capsys.readouterr().out.split("\r")[1:]
    assert [len(line) for line in lines] == [columns - 1] * 2
    assert lines[-1].strip() == "short"


@pytest.mark.parametrize(
    ("version", "sentence"),
    [((3, 8, 1), "needs Python 3.10 or newer"), ((3, 15, 0), "no package for a Python above 3.14")],
)
def test_a_python_that_is_too_old_or_too_new_is_told_which_one_is_needed(copy, version, sentence):
    program = f"import sys; sys.version_info = {version}; import bootstrap; bootstrap.main()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=copy, capture_output=True, text=True,
        env={**os.environ, "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 1 and done.stdout == ""
    assert sentence in done.stderr and "make PYTHON=" in done.stderr


def test_uv_finds_another_python_than_one_that_is_too_old(student):
    old = "import sys; sys.version_info = (3, 8, 1); import bootstrap; bootstrap.main()"
    here = os.pathsep.join(map(str, (Path(UV).parent, Path(sys.base_prefix) / "bin")))
    environment = {**os.environ, "PATH": here}
    subprocess.run([sys.executable, "-c", old], cwd=student, env=environment, check=True)
    assert (student / ".venv/installed").exists()


@pytest.mark.parametrize(
    ("system", "machine", "sentence"),
    [
        ("darwin", "x86_64", "Macs with an Intel processor"),
        ("win32", "ARM64", "Windows on ARM"),
        ("linux", "x86_64", "Linux with musl"),
    ],
)
def test_a_platform_without_pytorch_is_told_so(monkeypatch, system, machine, sentence):
    bootstrap.refuse_platform()
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    libc = "x86_64-pc-linux-musl" if system == "linux" else None
    monkeypatch.setattr("sysconfig.get_config_var", lambda name: libc)
    with pytest.raises(SystemExit, match=f"PyTorch has no package for {sentence}.*\n.*Colab"):
        bootstrap.refuse_platform()


def test_a_python_of_the_last_decade_ends_in_a_sentence():
    """The file parses there: no f-strings, no lists with stars, no annotations."""
    code = (PROJECT / "bootstrap.py").read_text()
    for node in ast.walk(ast.parse(code)):
        assert not isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.NamedExpr), node.lineno
        assert not any(isinstance(part, ast.Starred) for part in getattr(node, "elts", ()))
        assert not getattr(node, "returns", None) and not getattr(node, "annotation", None)
    assert code.index("sys.version_info < (3, 6)") < code.index("import contextlib")
