"""`vcp mcp`: the control API as tools of an assistant, over the Model Context Protocol. Adds no ability of its own."""

import json
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import uvicorn
from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult, TextContent, Tool
from vcp_testkit.asking import Ask, asked
from vcp_testkit.client import AsyncClient
from vcp_testkit.problems import Problem, Unreachable

from vcp_runner.leaving import Exit
from vcp_runner.mcp_tools import ApiTool, UnknownArgument, tools_of
from vcp_runner.screen import Screen
from vcp_runner.stack import Plan, running_stack

HOST = "127.0.0.1"
"""Whoever reaches the server may do all that the control API may: this machine alone."""

PATIENCE_S = 40.0
"""How long one use of a tool may take; waiting for a message is bounded by the API."""

INSTRUCTIONS = """\
These tools drive virtual EV charge points that speak OCPP with a backend (CSMS).
Set one up with the backend's url and "online": true, then touch it: plug_in, present_token, unplug, press_stop …
What it says and hears follows from that by itself; look with read_messages, wait_for_message and show_charge_point.
add_rule decides what becomes of messages (answer, fail, drop, delay, edit, hold …); send_raw sends anything.
show_violations tells in what the backend broke OCPP."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which product is driven, and how the assistant comes to it."""

    control: str | None = None
    """URL of a control API that runs; None: everything comes up here, and goes with this process."""
    token: str | None = None
    port: int | None = None
    """A port for streamable HTTP (0: any free one); None: standard input and output."""


async def serve(where: Where, plan: Plan, screen: Screen) -> int:
    """Serves until the assistant has gone (standard input) or until cancelled (HTTP)."""
    async with AsyncExitStack() as while_open:
        if where.control is None:
            stack = await while_open.enter_async_context(running_stack(plan, log=screen.log, say=screen.say))
            client = await while_open.enter_async_context(stack.client())
        else:
            client = await while_open.enter_async_context(AsyncClient(where.control, token=where.token))
        tools = tools_of(await client.walk(asked(Ask("GET", "/openapi.json"))))
        server = server_of(tools, client)
        if where.port is None:
            heard, said = await while_open.enter_async_context(stdio_server())
            await server.run(heard, said, server.create_initialization_options())
        else:
            await _serve_http(server, where.port, screen)
    return Exit.OK


def server_of(tools: dict[str, ApiTool], client: AsyncClient) -> Server[Any]:
    """The server of these tools."""

    async def list_tools(_context: object, _page: object) -> ListToolsResult:
        return ListToolsResult(
            tools=[
                Tool(name=tool.name, description=tool.description, input_schema=tool.schema)
                for tool in tools.values()
            ]
        )

    async def call_tool(_context: object, use: CallToolRequestParams) -> CallToolResult:
        tool = tools.get(use.name)
        if tool is None:
            return _failed(f"there is no tool {use.name}: use one of {', '.join(tools)}")
        try:
            call = tool.call(use.arguments or {})
            ask = Ask(call.method, call.path, call.params, call.body, PATIENCE_S)
            said = await client.walk(asked(ask))
        except (Problem, Unreachable, UnknownArgument) as no:
            return _failed(str(no))
        return CallToolResult(content=[TextContent(text=json.dumps(said, ensure_ascii=False))])

    return Server(
        "virtual-charge-point",
        version=version("virtual-charge-point"),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _failed(why: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=why)], is_error=True)


async def _serve_http(server: Server[Any], port: int, screen: Screen) -> None:
    with socket.create_server((HOST, port)) as listening:
        url = f"http://{HOST}:{listening.getsockname()[1]}/mcp"
        screen.result(f"MCP  {url}", mcp=url)
        config = uvicorn.Config(server.streamable_http_app(host=HOST), log_level="warning", lifespan="on")
        await uvicorn.Server(config).serve([listening])
