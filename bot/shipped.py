"""The programmes that come with the product, as the texts of their files."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType


def shipped() -> Mapping[str, str]:
    """Read every programme that ships with the product, by name ("onboarding"), in the order of names."""
    folder = files("flows").joinpath("programmes")
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return MappingProxyType(
        {one.name.removesuffix(".toml"): one.read_text(encoding="utf-8") for one in found}
    )
