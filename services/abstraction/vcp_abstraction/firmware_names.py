"""Which version a file of firmware brings, by its name. Opens none."""

import re
from urllib.parse import unquote, urlsplit

VERSION = re.compile(r"\d+(?:\.\d+)+(?:[-+]?[0-9A-Za-z]+)*", re.ASCII)
"""What looks like a version in a file's name."""

ENDINGS = re.compile(
    r"(?:\.(?:bin|img|hex|zip|tar|gz|tgz|xz|bz2|swu|fw|pkg|deb|rpm|ipk|raucb|mender))+$", re.I
)


def version_of(location: str) -> str:
    """The version that the name at the end of a location says, or else that name."""
    name = unquote(urlsplit(location).path.rstrip("/").rpartition("/")[2])
    stem = ENDINGS.sub("", name)
    found = VERSION.search(stem)
    return (found.group() if found else stem)[:50] or "updated"
