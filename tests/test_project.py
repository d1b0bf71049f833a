"""What holds for the whole tree: nothing unfinished, nothing of one machine, packages typed, links that lead somewhere."""

import re
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

TOP = Path(__file__).parents[1]

UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
MACHINE = re.compile(r"(?<![\w./{$-])/(work/|home/\w|Users/\w|root/)")


@cache
def tracked() -> tuple[Path, ...]:
    """The files that belong to the project; skips the test in a tree without git, such as an unpacked release."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return tuple(path for name in listed.stdout.split("\0") if name and (path := TOP / name).is_file())


def text_of(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""  # pictures and the like


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(TOP)}:{number}: {line.strip()}"
        for path in tracked()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_is_left_unfinished():
    assert lines_with(UNFINISHED) == []


def test_no_path_of_one_machine_is_named():
    assert lines_with(MACHINE) == []


def test_every_package_says_that_it_is_typed():
    packages = [*TOP.glob("services/*/vcp_*"), *TOP.glob("contracts/vcp_*")]
    assert len(packages) == 9
    assert [str(package) for package in packages if not (package / "py.typed").is_file()] == []


def test_every_source_file_says_first_what_it_owns():
    silent = [
        str(path.relative_to(TOP))
        for path in tracked()
        if path.suffix == ".py"
        and path.relative_to(TOP).parts[0] in ("services", "contracts")
        and not path.read_text().startswith('"""')
        and path.read_text().strip()
    ]
    assert silent == []


LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def anchor(heading: str) -> str:
    """The anchor that a heading gets where repositories are shown."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    return {anchor(line.lstrip("#")) for line in path.read_text().splitlines() if line.startswith("#")}


def test_links_in_documents_lead_somewhere():
    dead = []
    for document in (path for path in tracked() if path.suffix == ".md"):
        for link in LINK.findall(document.read_text()):
            if re.match(r"\w+:", link):
                continue
            name, _, part = unquote(link).partition("#")
            target = document.parent / name if name else document
            if not target.exists() or (part and target.suffix == ".md" and part not in anchors(target)):
                dead.append(f"{document.relative_to(TOP)} → {link}")
    assert dead == []
