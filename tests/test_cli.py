"""
The command line: its table, and what it does not load.
"""

import subprocess
import sys
from importlib import import_module

import pytest
from typer.testing import CliRunner

from bot.cli.main import COMMANDS, build


def run(*arguments: str):
    """Run the program as a terminal would, with everything it printed."""
    return CliRunner().invoke(build(arguments), list(arguments), prog_name="telemachy")


def test_help_lists_every_command_with_its_line():
    """Whoever asks for help sees all there is."""
    shown = run("--help").output

    for name, (_, line) in COMMANDS.items():
        assert f"{name} " in shown
        assert line in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_function_and_its_own_help(name):
    """Each line of the table leads to a function, whose help says what it does."""
    module, _ = COMMANDS[name]
    function = getattr(import_module(module), name.replace("-", "_"))
    shown = run(name, "--help")

    assert 0 == shown.exit_code, shown.output
    assert f"telemachy {name}" in shown.output
    assert function.__doc__


def test_help_loads_nothing_that_it_does_not_show():
    """The help is there before a database driver, a web server or a programme could be loaded."""
    code = (
        "import sys\n"
        "from bot.cli.main import main\n"
        "sys.argv = ['telemachy', '--help']\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        "heavy = ('bot', 'flows', 'adapters', 'storage', 'sqlalchemy', 'aiohttp', 'asyncio', 'rich', 'cattrs')\n"
        "print('loaded', sorted(name for name in sys.modules if name.split('.')[0] in heavy))\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert "loaded ['bot', 'bot.cli', 'bot.cli.main']" == shown.splitlines()[-1]


def test_a_slip_is_answered_with_the_command_that_is_meant():
    """A misspelt command names the one it is near to."""
    shown = run("demmo")

    assert 2 == shown.exit_code
    assert "Did you mean 'demo'?" in shown.output


def test_version_is_that_of_the_installed_distribution():
    """The version comes from one place, pyproject.toml."""
    from importlib.metadata import version

    assert f"telemachy {version('telemachy')}\n" == run("--version").output
