"""The same real server that the plumbing is tested on."""

from plumbing.conftest import redis, server_url

__all__ = ["redis", "server_url"]
