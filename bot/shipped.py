"""The texts of programme files: those that come with the product, and those of a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from flows.programme_read import Problem, ProgrammeError


def shipped() -> Mapping[str, str]:
    """Read every programme that ships with the product, by name ("onboarding"), in the order of names."""
    folder = files("flows").joinpath("programmes")
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return MappingProxyType(
        {one.name.removesuffix(".toml"): one.read_text(encoding="utf-8") for one in found}
    )


def read_programme(file: Path) -> str:
    """Return the text of a programme's file; ProgrammeError says why there is none."""
    try:
        data = file.read_bytes()
    except OSError as error:
        what, fix = f"cannot be read ({error.strerror})", "look at its path and its permissions"
        raise ProgrammeError([Problem(str(file), "", "", what, fix)]) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what, fix = "this is not UTF-8 text", "save it again with the encoding UTF-8"
        raise ProgrammeError([Problem(str(file), f"line {line}", "", what, fix)]) from None
