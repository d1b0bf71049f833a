"""The broker of the plumbing's tests, for the Handler's loop."""

from plumbing.conftest import redis, server_url

__all__ = ["redis", "server_url"]
