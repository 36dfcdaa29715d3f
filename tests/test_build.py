"""
The build: locks, the set-up, the distribution, and what no committed file may hold.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = ("run", "teams", "test")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

RUN = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
TEAMS = [Requirement(line) for line in PROJECT["project"]["optional-dependencies"]["teams"]]
BUILD = [Requirement(line) for line in PROJECT["dependency-groups"]["build"]]
TEST = [Requirement(line) for line in PROJECT["dependency-groups"]["test"]]


def committed() -> Iterator[Path]:
    """Every file that is, or would be, part of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    else:  # an unpacked archive
        made = {".venv", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"}
        names = [file for file in ROOT.rglob("*") if not made & set(file.relative_to(ROOT).parts)]
    yield from (file for file in names if file.is_file())


def locked(kind: str) -> dict[str, str]:
    """The packages of a lock with their versions."""
    text = (ROOT / "requirements" / f"{kind}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][\w.-]*)(?:\[[\w,-]+\])?==(\S+)", text, re.MULTILINE))


def test_no_committed_file_names_a_registry():
    """Where packages come from is the machine's own setting, so a mirror works as well as the public one."""
    # Each is written in two halves, so that this file passes its own test.
    words = [
        *(
            "py" + "pi.org",
            "python" + "hosted.org",
            "npm" + "js.org",
            "npm" + "js.com",
            "proxy.go" + "lang.org",
        ),
        *("--index" + "-url", "--extra-index" + "-url", "--find" + "-links", "--trusted" + "-host"),
        *("file:" + "///opt", "arti" + "factory", "dev" + "pi", "nex" + "us/repository"),
    ]
    pattern = re.compile("|".join(map(re.escape, words)).encode(), re.IGNORECASE)
    found = [
        f"{file.relative_to(ROOT)}: {hit[0].decode()}"
        for file in committed()
        if (hit := pattern.search(file.read_bytes()))
    ]

    assert [] == found


@pytest.mark.parametrize("kind", LOCKS)
def test_a_lock_holds_names_versions_and_hashes_only(kind):
    """Each package has one version and at least one hash, and no line is an option or an address."""
    lines = (
        (ROOT / "requirements" / f"{kind}.txt").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    )
    packages = [line for line in lines if not line.lstrip().startswith("#")]
    whole = re.compile(r"[a-z0-9][\w.-]*(\[[\w,-]+\])?==\S+( ; [^\\]+?)?( +--hash=sha256:[0-9a-f]{64})+\s*")

    assert [] == [line for line in packages if not whole.fullmatch(line)]
    assert len(packages) == len(locked(kind)) > 0


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("run", RUN + BUILD), ("teams", RUN + BUILD + TEAMS), ("test", RUN + BUILD + TEST)],
)
def test_a_lock_fits_what_the_project_asks_for(kind, wanted):
    """Every dependency is in the lock, in a version that the project allows."""
    versions = locked(kind)
    unfit = [
        str(requirement)
        for requirement in wanted
        if not requirement.specifier.contains(versions.get(canonicalize_name(requirement.name), "0.0.0.dev0"))
    ]

    assert [] == unfit


@pytest.mark.parametrize("kind", ["teams", "test"])
def test_locks_agree_on_what_they_share(kind):
    """Tests run with the versions that people will run."""
    versions = locked(kind)

    assert locked("run") == {name: versions.get(name) for name in locked("run")}


def test_running_needs_neither_tests_nor_teams():
    """A first look waits for no test tool and for none of Microsoft's libraries."""
    others = {canonicalize_name(requirement.name) for requirement in TEST + TEAMS}

    assert set() == others & set(locked("run"))


def test_every_dependency_is_explained():
    """docs/dependencies.md has one line a dependency: all of them, and no other."""
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = re.findall(r"^- `([\w-]+)(?:\[\w+\])?`", text, re.MULTILINE)

    assert sorted(requirement.name for requirement in RUN + TEAMS + BUILD + TEST) == sorted(explained)


def test_the_wheel_holds_everything_that_the_packages_hold(tmp_path):
    """Programmes, catalogues, migrations and pages travel with the code; tests and documents do not."""
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == built.returncode, built.stdout + built.stderr
    [wheel] = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    ours = {
        file.relative_to(ROOT).as_posix()
        for file in committed()
        if file.relative_to(ROOT).parts[0] in packages
    }

    assert ours == packed


def test_every_target_of_make_exists():
    """What the documents promise can be called, and `make` alone explains itself."""
    shown = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^make ([\w-]+)", shown, re.MULTILINE)

    assert [
        "demo",
        "test",
        "test-all",
        "check",
        "bench",
        "slack-pictures",
        "teams-pictures",
        "set-up-teams",
        "lock",
        "clean",
    ] == targets
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=True)


@pytest.fixture
def bare_copy(tmp_path):
    """A checkout without .venv, on a machine whose only Python is too old; returns a way to set it up."""
    for name in ("pyproject.toml", "requirements"):
        whole = ROOT / name
        (shutil.copytree if whole.is_dir() else shutil.copy)(whole, tmp_path / name)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "cat", "cksum", "tr", "dirname", "rm", "mkdir"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)

    def set_up(**env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "requirements/install.sh", "run"],
            cwd=tmp_path,
            env={"PATH": str(tools), **env},
            capture_output=True,
            text=True,
            check=False,
        )

    return set_up


def test_a_machine_without_python_is_told_so(bare_copy):
    """Whoever has only an old Python, or a shim with none behind it, learns what to install."""
    tried = bare_copy()

    assert 1 == tried.returncode
    assert "telemachy needs Python 3.11 or newer" in tried.stderr
    assert "apt install python3" in tried.stderr


def test_a_second_set_up_does_nothing(bare_copy, tmp_path):
    """Once a lock is installed, the same lock is not looked at again; a changed one is."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\n[ "$2" = pip ] && echo "$@" >>calls\nexit 0\n')
    python.chmod(0o755)
    calls = tmp_path / "calls"

    first = bare_copy()
    assert 0 == first.returncode, first.stderr
    after_first = calls.read_text().splitlines()
    bare_copy()
    after_second = calls.read_text().splitlines()
    with (tmp_path / "requirements" / "run.txt").open("a") as lock:
        lock.write("# changed\n")
    bare_copy()
    after_change = calls.read_text().splitlines()

    assert ["--require-hashes" in call for call in after_first] == [True, False]
    assert after_first == after_second
    assert 2 * len(after_first) == len(after_change)


def test_the_environment_of_ci_is_complete():
    """.ci/run can be called by a program: executable, without input, and with nothing skipped."""
    script = ROOT / ".ci" / "run"

    assert os.access(script, os.X_OK)
    assert "export CI=true" in script.read_text(encoding="utf-8")
    assert "make check test-all" in script.read_text(encoding="utf-8")
