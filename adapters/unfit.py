"""What a platform would refuse, said with the place: nothing is dropped or cut in silence."""

from __future__ import annotations


class Unfit(ValueError):
    """The platform would refuse this, or leave out a part of it; `path` is a JSON pointer to the place."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(path, why)
        self.path = path
        self._why = why

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self._why}"

    def below(self, place: str | int) -> None:
        """Say that the path begins at something that stands here itself."""
        self.path = f"/{place}{self.path}"


class TooLarge(Unfit):
    """Something is longer, or has more parts, than the platform takes."""

    def __init__(self, path: str, limit: int, found: int, unit: str = "characters") -> None:
        super().__init__(path, f"{found:,} {unit}, and the limit is {limit:,}")
        self.limit = limit


class Blank(Unfit):
    """Something is empty that the platform wants filled."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "empty, and something has to stand here")


class Twice(Unfit):
    """Two parts carry the same name."""

    def __init__(self, path: str, name: str) -> None:
        super().__init__(path, f"{name!r} is there twice, and may be there once")


def length(text: str) -> int:
    """Return how long a platform may find a text: an emoji counts as two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
