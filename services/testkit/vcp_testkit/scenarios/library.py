"""The scenarios that come along, and finding files by what a person names. Reads names of files, not their content."""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from vcp_testkit.scenarios.source import Wrong

ENDINGS = (".yaml", ".yml")


def shelf() -> Path:
    """The directory of the scenarios that come along: one directory a collection."""
    return Path(str(files("vcp_testkit.scenarios"))) / "library"


def collections() -> list[str]:
    """The names of the collections."""
    return sorted(entry.name for entry in shelf().iterdir() if entry.is_dir() and any(_within(entry)))


def operators() -> dict[str, Path]:
    """The operator files that come along, by name."""
    folder = Path(str(files("vcp_testkit.scenarios"))) / "operators"
    return {file.stem: file for file in sorted(folder.iterdir()) if file.suffix in ENDINGS}


def found(names: Sequence[str]) -> list[Path]:
    """The files that names mean, each once, in order: a file, a directory, `ocpp16`, or `ocpp16/boot_accepted`.

    Raises Wrong.
    """
    paths = [path for name in names for path in _found(name)]
    return list(dict.fromkeys(paths))


def _found(name: str) -> list[Path]:
    for path in (Path(name), shelf() / name, *(shelf() / f"{name}{ending}" for ending in ENDINGS)):
        if path.is_file():
            return [path]
        if path.is_dir() and (inside := list(_within(path))):
            return inside
    known = ", ".join(collections())
    raise Wrong(
        name, None, None, None, "there is no such scenario", f"name a file, a directory, or one of {known}"
    )


def _within(directory: Path) -> Iterator[Path]:
    yield from sorted(file for file in directory.rglob("*") if file.suffix in ENDINGS)
