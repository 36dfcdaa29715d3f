"""
The command line: a table of commands, each imported only when somebody calls it.
"""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Annotated

import typer

# Command -> the module that has a function of this name, and the line that `telemachy --help` shows.
COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "demo": ("bot.cli.demo", "Open the playground: live a whole programme in a browser."),
        "simulate": ("bot.cli.simulate", "Play whole programmes with synthetic people and audit them."),
        "check": ("bot.cli.programme", "Say whether a programme file is sound, and where it is not."),
        "preview": ("bot.cli.programme", "Print the calendar that people will live."),
        "rehearse": (
            "bot.cli.rehearse",
            "Send yourself every message of a programme, before anybody gets one.",
        ),
        "diff": ("bot.cli.programme", "Say whom a change to a programme reaches."),
        "serve": ("bot.cli.serve", "Run the bot."),
        "people": ("bot.cli.people", "Take people and pairs from a CSV file."),
        "doctor": ("bot.cli.doctor", "Look at configuration, database, clock, mail and chats."),
        "messages": ("bot.cli.messages", "List messages in doubt, held or undelivered, and settle them."),
        "manifest": ("bot.cli.manifest", "Make what Slack or Teams is told of the app."),
        "slack": ("bot.cli.slack", "Make and change the keys of stored Slack tokens."),
        "new-key": ("bot.cli.new_key", "Make a key that signs links."),
    }
)


def build(arguments: Sequence[str]) -> typer.Typer:
    """
    Return the program with the commands that the arguments name; of the others, only the line in the help.

    Importing all of them would make `--help` wait for the database, the web server and every programme.
    """
    # Tracebacks stay Python's own: the pretty ones are slow to load and print the values of local variables.
    app = typer.Typer(
        name="telemachy",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_telemachy)
    for name, (module, line) in COMMANDS.items():
        if name in arguments:
            app.command(name, short_help=line)(getattr(import_module(module), name.replace("-", "_")))
        else:
            app.command(name, short_help=line)(_not_called)
    return app


def main() -> None:
    """Run the command that the arguments name."""
    arguments = sys.argv[1:]
    build(arguments)(arguments, prog_name="telemachy")


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # as slow as all of `--help`, and nobody else needs it

        typer.echo(f"telemachy {version('telemachy')}")
        raise typer.Exit


def _telemachy(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Carry a formal mentoring programme inside Slack and Microsoft Teams."""


def _not_called() -> None:
    raise AssertionError("a command is built with its function when the arguments name it")


if __name__ == "__main__":
    main()
