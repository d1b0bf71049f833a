"""Why a chore failed: from what libraries raise to the contract's words. Never repeats an address: it may hold a password."""

import ssl

from vcp_contracts.chores import ChoreFailed, ChoreFailure


class Failed(Exception):
    """A chore can't be done. `detail` is for a reader."""

    def __init__(self, why: ChoreFailure, detail: str = "") -> None:
        super().__init__(detail or why)
        self.why = why
        self.detail = detail


def failure_of(error: BaseException) -> ChoreFailed | None:
    """What an error says, or None where it is none that the network or a server causes."""
    match error:
        case Failed():
            return ChoreFailed(why=error.why, detail=error.detail)
        case ssl.SSLCertVerificationError():
            return ChoreFailed(why="tls", detail=f"the server's certificate: {error.verify_message}")
        case ssl.SSLError():
            return ChoreFailed(why="tls", detail=error.reason or "TLS failed")
        case TimeoutError():
            return ChoreFailed(why="timeout", detail="the server took too long")
        case ConnectionError() | OSError():
            return ChoreFailed(why="unreachable", detail=error.strerror or type(error).__name__)
    return None
