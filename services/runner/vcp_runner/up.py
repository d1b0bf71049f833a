"""`vcp up`: the whole product until it is stopped. Touches no charge point."""

import asyncio

from vcp_runner.screen import Screen
from vcp_runner.stack import Plan, running_stack


async def up(plan: Plan, screen: Screen) -> int:
    """Runs everything until cancelled; prints where it is once all is ready."""
    async with running_stack(plan, log=screen.log, say=screen.say) as stack:
        pids = {name: child.pid for name, child in stack.supervisor.children.items()}
        screen.result(
            f"control API  {stack.api_url}\nbroker       {stack.redis_url}",
            api=stack.api_url,
            broker=stack.redis_url,
            pids=pids,
        )
        await asyncio.Event().wait()
    return 0
