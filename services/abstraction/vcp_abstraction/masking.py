"""How secrets of drivers are shown: never whole."""


def mask(value: str) -> str:
    """A token as it may be shown: its last two characters."""
    return f"…{value[-2:]}" if len(value) > 4 else "…"
