"""Addresses of files: taken apart, and never shown with their password."""

import pytest
from vcp_chores.failing import Failed
from vcp_chores.location import Location


def test_an_address_is_taken_apart():
    location = Location.read("ftp://cp:p%40ss@files.example:2121/in/box%201/")
    assert (location.scheme, location.host, location.port) == ("ftp", "files.example", 2121)
    assert (location.user, location.password) == ("cp", "p@ss")
    assert location.file == "in/box 1/"
    assert location.in_folder("a.gz") == "in/box 1/a.gz"
    assert "p@ss" not in repr(location)
    assert "sig" not in repr(Location.read("https://h/x?sig=1"))
    assert location.url == "ftp://files.example:2121/in/box%201/"


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("sftp://h/a/b.bin", "a/b.bin"),
        ("sftp://h//etc/b.bin", "/etc/b.bin"),
        ("sftp://h/%2Fetc/b.bin", "/etc/b.bin"),
    ],
)
def test_a_path_is_relative_unless_it_says_otherwise(text: str, file: str):
    assert Location.read(text).file == file


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("https://h/in/", "https://h/in/a.gz"),
        ("https://h/in/?token=1", "https://h/in/a.gz?token=1"),
        ("https://h/upload/17?token=1", "https://h/upload/17?token=1"),
        ("https://[::1]:8443", "https://[::1]:8443/a.gz"),
    ],
)
def test_an_upload_goes_into_a_folder_or_to_the_very_address(text: str, where: str):
    assert Location.read(text).of_upload("a.gz") == where


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gopher://h/x", "unsupported"),
        ("/etc/passwd", "unsupported"),
        ("file:///etc/passwd", "unsupported"),
        ("", "unsupported"),
        ("https:///x", "protocol"),
        ("https://h:port/x", "protocol"),
        ("http://[::1/x", "protocol"),
    ],
)
def test_what_is_no_address_of_ours_says_why(text: str, why: str):
    with pytest.raises(Failed) as failed:
        Location.read(text)
    assert failed.value.why == why
