"""A broker of somebody else's, named by REDIS_URL: whether it answers and will do. Starts none."""

import asyncio
import time
from collections.abc import Callable

from vcp_runner.server_binary import NoBroker

PATIENCE_S = 15.0
"""How long a broker may take to come up, when both are started together."""
RETRY_S = 0.25


async def answering(url: str, say: Callable[[str], None], *, patience_s: float = PATIENCE_S) -> None:
    """Returns once the broker answers; says once that it is waited for. Raises NoBroker, which says what to do."""
    from vcp_plumbing.connection import LOST
    from vcp_plumbing.environment import masked

    deadline, told = time.monotonic() + patience_s, False
    while (failure := await look(url)) is not None:
        where = f"the broker at {masked(url)} (REDIS_URL)"
        if not isinstance(failure, LOST) or time.monotonic() > deadline:
            raise NoBroker(
                f"{where} will not do: {str(failure).rstrip('.')}. Mend it, or unset REDIS_URL to have one started"
            )
        if not told:
            say(f"{where} does not answer: {failure}; waiting up to {patience_s:g} s")
            told = True
        await asyncio.sleep(RETRY_S)


async def look(url: str) -> Exception | None:
    """One look at a broker: None when it is fit, else what is wrong."""
    from vcp_plumbing.connection import LOST, UnfitServer, connect

    try:
        redis = await connect(url, timeout_s=3.0)
    except (UnfitServer, ValueError, *LOST) as failure:
        return failure
    await redis.aclose()
    return None
