"""
The map of the house holds: who imports whom, what a package's face is, and where local time lives.
"""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("adapters", "bot", "flows", "storage")

# Where instants become what a clock on a wall shows. The auditor has its own days so as not to share a mistake.
LOCAL_TIME = {"bot/calendar.py", "bot/i18n.py", "bot/places.py", "adapters/sim/days.py"}


def sources() -> Iterator[Path]:
    """Every module of ours."""
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the import contracts of the tree in this folder."""
    command = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [command, "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_imports_keep_their_contracts():
    """Nobody imports what the map does not allow."""
    checked = lint_imports(ROOT)

    assert 0 == checked.returncode, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("flows/planted.py", "import bot.ports", "flows see the shared values of bot"),
        ("flows/planted.py", "import asyncio", "flows have no clock"),
        ("storage/planted.py", "import flows.programme", "storage sees what it stores"),
        ("adapters/planted.py", "import flows.programme", "adapters see what they translate"),
        ("bot/planted.py", "import storage.tables", "only the composition root"),
        ("bot/planted.py", "import slack_sdk", "bot knows no SDK"),
        ("bot/planted.py", "import bot.cli.main", "nobody imports the command line"),
        ("bot/facts.py", "import flows.programme", "the values that all share"),
        ("flows/planted.py", "import zoneinfo", "only the calendar"),
    ],
)
@pytest.mark.slow
def test_a_planted_import_breaks_its_contract(tmp_path, module, line, contract):
    """Each contract can fail, and says which it is."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    checked = lint_imports(tmp_path)

    assert 1 == checked.returncode, checked.stdout + checked.stderr
    assert any(name.startswith(contract) and "BROKEN" in name for name in checked.stdout.splitlines())


def test_package_faces_are_empty():
    """Importing one module of a package imports no other."""
    filled = [str(file) for file in sources() if file.name == "__init__.py" and file.read_bytes()]

    assert [] == filled


def test_every_folder_with_code_is_a_package():
    """A folder without __init__.py would be found by accident; only migrations, loaded by path, have none."""
    folders = {file.parent for file in sources() if not (file.parent / "__init__.py").exists()}
    bare = {folder.relative_to(ROOT).as_posix() for folder in folders}

    assert bare <= {"storage/migrations", "storage/migrations/versions"}


@pytest.mark.parametrize("package", PACKAGES)
def test_top_level_names_belong_to_us_alone(package):
    """No installed package and no part of Python has a name that our flat packages have."""
    assert package not in sys.stdlib_module_names
    assert {"telemachy"} >= set(packages_distributions().get(package, ()))


def test_local_time_is_made_in_few_places():
    """Instants become local, and local times become instants, in the calendar and in what people read only."""
    makers = set()
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _makes_local(node):
                makers.add(file.relative_to(ROOT).as_posix())

    assert makers <= LOCAL_TIME


def test_only_the_outside_reads_the_clock():
    """A flow, the engine and storage are told the time, so that tests and simulations may move it."""
    readers = set()
    for file in sources():
        name = file.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _reads_clock(node):
                readers.add(name)

    assert [] == sorted(
        name
        for name in readers
        if not name.startswith(("bot/app.py", "bot/cli/", "bot/clock.py", "adapters/"))
    )


def _makes_local(call: ast.Call) -> bool:
    """An `astimezone` to anything but UTC."""
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "astimezone"
        and "UTC" not in [ast.unparse(argument).split(".")[-1] for argument in call.args]
    )


def _reads_clock(call: ast.Call) -> bool:
    """One of the calls of Python that ask the machine what time it is."""
    return ast.unparse(call.func) in {
        "date.today",
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.now",
        "datetime.today",
        "datetime.utcnow",
        "time.time",
        "time.time_ns",
    }
