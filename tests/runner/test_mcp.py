"""An assistant drives a charge point: the tools that the control API makes, and a session told in tools."""

import json
import sys
from typing import Any

import pytest
from mcp import Client, StdioServerParameters, stdio_client
from vcp_backend import serve_backend
from vcp_runner.mcp_tools import ApiTool, Call, UnknownArgument, tools_of

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/charge-points": {
            "post": {
                "summary": "Set up a charge point",
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Setup"}}}
                },
            },
        },
        "/charge-points/{id}/messages": {
            "get": {
                "summary": "Read the wire",
                "description": "The last frames.",
                "parameters": [
                    {"name": "id", "in": "path", "schema": {"type": "string"}},
                    {
                        "name": "limit",
                        "in": "query",
                        "schema": {"type": "integer"},
                        "description": "How many.",
                    },
                ],
            },
        },
        "/charge-points/{id}/plug-in": {
            "post": {
                "summary": "Puts a cable in",
                "parameters": [
                    {"name": "wait", "in": "query", "schema": {"type": "number"}},
                    {"name": "idempotency-key", "in": "header", "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "anyOf": [{"$ref": "#/components/schemas/PlugInBody"}, {"type": "null"}]
                            }
                        }
                    }
                },
            },
        },
        "/charge-points/{id}/commands": {"post": {"summary": "Give any command"}},
        "/health/live": {"get": {"summary": "Is it alive?"}},
    },
    "components": {
        "schemas": {
            "Setup": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "evses": {"type": "array", "items": {"$ref": "#/components/schemas/Evse"}},
                },
                "required": ["id"],
            },
            "Evse": {
                "type": "object",
                "properties": {"connector": {"$ref": "#/components/schemas/Connector"}},
            },
            "Connector": {"type": "object"},
            "PlugInBody": {"type": "object", "properties": {"evse": {"type": "integer"}}},
            "Unused": {"type": "object"},
        }
    },
}


@pytest.fixture
def tools() -> dict[str, ApiTool]:
    return tools_of(DOCUMENT)


def test_each_resource_and_each_command_is_a_tool(tools):
    assert list(tools) == ["set_up_charge_point", "read_messages", "plug_in"]
    assert tools["read_messages"].description == "Read the wire\n\nThe last frames."


def test_the_fields_of_path_query_and_body_are_the_arguments(tools):
    assert tools["plug_in"].schema == {
        "type": "object",
        "properties": {
            "charge_point": {"type": "string", "description": "Which one, e.g. CP001."},
            "evse": {"type": "integer"},
        },
        "required": ["charge_point"],
        "additionalProperties": False,
    }
    assert tools["read_messages"].schema["properties"]["limit"] == {
        "type": "integer",
        "description": "How many.",
    }


def test_what_a_schema_refers_to_comes_along_and_nothing_else(tools):
    schema = tools["set_up_charge_point"].schema
    assert schema["required"] == ["id"]
    assert sorted(schema["$defs"]) == ["Connector", "Evse"]
    assert schema["$defs"]["Evse"]["properties"] == {"connector": {"$ref": "#/$defs/Connector"}}


def test_a_use_of_a_tool_is_one_request(tools):
    assert tools["plug_in"].call({"charge_point": "CP/1", "evse": 2}) == Call(
        "POST", "/charge-points/CP%2F1/plug-in", {}, {"evse": 2}
    )
    assert tools["read_messages"].call({"charge_point": "CP1", "limit": 5}) == Call(
        "GET", "/charge-points/CP1/messages", {"limit": 5}, None
    )
    with pytest.raises(UnknownArgument, match=r"^lmit: read_messages takes only charge_point, limit$"):
        tools["read_messages"].call({"charge_point": "CP1", "lmit": 5})


async def test_an_assistant_tells_a_session_and_reads_the_wire():
    async with serve_backend() as backend, an_assistant() as use:
        await use("set_up_charge_point", id="CP1", url=backend.url, protocols=["ocpp1.6"], online=True)
        boot = await use("wait_for_message", charge_point="CP1", action="BootNotification", kind="result")
        assert json.loads(boot["text"])[2]["status"] == "Accepted"

        await use("plug_in", charge_point="CP1")
        await use("present_token", charge_point="CP1", token="CARD1")
        start = await use("wait_for_message", charge_point="CP1", action="StartTransaction", direction="sent")
        assert json.loads(start["text"])[3]["idTag"] == "CARD1"

        await use("add_rule", charge_point="CP1", rule={"name": "deaf", "then": {"do": "drop"}})
        assert [it["rule"]["name"] for it in (await use("list_rules", charge_point="CP1"))["items"]] == [
            "deaf"
        ]


async def test_a_refusal_names_the_field_the_reason_and_the_remedy():
    async with an_assistant() as use:
        assert await use("plug_in", charge_point="CP9") == (
            "404: charge_point: there is no charge point CP9 "
            "(set it up with POST /charge-points, or list all with GET /charge-points)"
        )
        assert "did you mean evse?" in await use("plug_in", charge_point="CP9", evze=1)


class an_assistant:
    """The product behind the protocol's own client: a use of a tool gives its document, or why not."""

    async def __aenter__(self):
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "vcp_runner", "mcp"], env={"REDIS_URL": "", "VCP_KEYS": ""}
        )
        self._client = Client(stdio_client(server))
        await self._client.__aenter__()
        return self._use

    async def __aexit__(self, *error):
        await self._client.__aexit__(*error)

    async def _use(self, tool: str, **arguments: Any) -> Any:
        result = await self._client.call_tool(tool, arguments)
        [said] = result.content
        return said.text if result.is_error else json.loads(said.text)
