"""Every error as a problem document (RFC 9457): what was wrong, in which field, and what to do. Never shows input."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from re import findall
from typing import Any

import orjson
import structlog
from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

_log = structlog.get_logger(__name__)

TITLES = {
    400: "Not understood",
    401: "Who are you?",
    403: "Not from there",
    404: "Not found",
    405: "Not this method",
    409: "Impossible now",
    413: "Too large",
    422: "A field is wrong",
    500: "Something broke",
    503: "Not available now",
    504: "Not in time",
}


class ProblemDocument(BaseModel):
    """What every error of this API looks like."""

    type: str
    """`urn:vcp:problem:` and a word for a program."""
    title: str
    status: int
    detail: str
    """All of it as a sentence."""
    field: str | None = None
    """Which field of the request is wrong."""
    reason: str | None = None
    remedy: str | None = None
    command: str | None = None
    """The id of the command that was refused."""
    errors: list[dict[str, str]] = []
    """All wrong fields, where more than one is."""


class Problem(Exception):
    """The answer is no. `kind` says it in a word, for a program."""

    def __init__(
        self,
        status: int,
        kind: str,
        reason: str,
        *,
        remedy: str | None = None,
        field: str | None = None,
        command: str | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.kind = kind
        self.reason = reason
        self.remedy = remedy
        self.field = field
        self.command = command
        self.errors = errors
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        where = f"{self.field}: " if self.field else ""
        then = f" {sentence(self.remedy)}" if self.remedy else ""
        document = {
            "type": f"urn:vcp:problem:{self.kind}",
            "title": TITLES.get(self.status, "Problem"),
            "status": self.status,
            "detail": f"{where}{sentence(self.reason, capital=not where)}{then}",
            "field": self.field,
            "reason": self.reason,
            "remedy": self.remedy,
        }
        if self.command:
            document["command"] = self.command
        if len(self.errors) > 1:
            document["errors"] = list(self.errors)
        return document

    def response(self) -> Response:
        return Response(
            orjson.dumps(self.document()),
            status_code=self.status,
            headers=self.headers,
            media_type="application/problem+json",
        )


def sentence(text: str, *, capital: bool = True) -> str:
    """The text with a capital at its beginning and a full stop at its end, unless it ends otherwise."""
    text = text[:1].upper() + text[1:] if capital else text
    return text if text.endswith((".", "?", "!")) else f"{text}."


def unavailable(reason: str, remedy: str, *, kind: str = "unavailable") -> Problem:
    """503: try again later."""
    return Problem(503, kind, reason, remedy=remedy, headers={"Retry-After": "1"})


def no_such_charge_point(id: str) -> Problem:
    """404: nobody set this charge point up."""
    return Problem(
        404,
        "unknown_charge_point",
        f"there is no charge point {id}",
        field="charge_point",
        remedy="set it up with POST /charge-points, or list all with GET /charge-points",
    )


# --- wrong fields ----------------------------------------------------------------------------------------------------

Location = Sequence[str | int]


def field_path(location: Location, tags: Iterable[str] = ()) -> str:
    """`("body", "evses", 0, "connectors")` in the user's words: `evses[0].connectors`.

    `tags` are names of union members that pydantic puts in between, at the beginning and in lists, which no user ever
    wrote.
    """
    parts = list(location)
    if parts and parts[0] in ("body", "query", "path", "header"):
        parts = parts[1:]
    path = ""
    for before, part in zip([0, *parts], parts, strict=False):
        if isinstance(before, int) and str(part) in tags:
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def wrong_fields(
    errors: Sequence[Mapping[str, Any]], *, known: Iterable[str] = (), tags: Iterable[str] = ()
) -> Problem:
    """422 from pydantic's errors. `known` are field names that may have been meant."""
    names = list(known)
    said = [_one_error(error, names, frozenset(tags)) for error in errors if not _echo(error, errors)]
    first = said[0]
    return Problem(
        422,
        "bad_field",
        first["reason"],
        field=first["field"] or None,
        remedy=first["remedy"],
        errors=said,
    )


def _echo(error: Mapping[str, Any], errors: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a list is only told to be too short because its items were wrong."""
    loc = tuple(error["loc"])
    return error["type"] == "too_short" and any(
        len(other["loc"]) > len(loc) and tuple(other["loc"][: len(loc)]) == loc for other in errors
    )


def _one_error(error: Mapping[str, Any], known: Sequence[str], tags: frozenset[str]) -> dict[str, str]:
    field = field_path(error["loc"], tags)
    return {"field": field, "reason": _reason(error), "remedy": _remedy(error, field, known)}


def _reason(error: Mapping[str, Any]) -> str:
    match error["type"]:
        case "missing" if tuple(error["loc"]) == ("body",):
            return "the request has no body"
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "there is no such field"
        case "json_invalid":
            return f"is not JSON: {error.get('ctx', {}).get('error', 'it can not be read')}"
        case "union_tag_not_found":
            return f"{_discriminator(error)} is missing"
        case "union_tag_invalid":
            kind = "command" if _discriminator(error) == "`type`" else "deed"
            return f"there is no {kind} {error['ctx']['tag']}"
    message = str(error["msg"]).removeprefix("Value error, ").replace(" after validation", "")
    if error["type"] in ("too_short", "too_long") and (error.get("ctx") or {}).get("field_type") == "Value":
        message = message.replace(" item", " character")  # pydantic's word for a secret text
    for collection in ("Value", "Tuple", "List", "Dictionary"):
        message = message.replace(f"{collection} should", "must")
    return message.replace("Input should be", "must be").replace("String", "it")


def _remedy(error: Mapping[str, Any], field: str, known: Sequence[str]) -> str:
    context = error.get("ctx") or {}
    match error["type"]:
        case "missing" if tuple(error["loc"]) == ("body",):
            return "send a JSON object, with content-type: application/json"
        case "missing":
            return f"give {field}"
        case "extra_forbidden":
            return _nearest(str(error["loc"][-1]), known)
        case "literal_error":
            return _nearest_value(error.get("input"), context["expected"])
        case "json_invalid" | "dict_type" | "model_type" | "model_attributes_type" if (
            not field or len(error["loc"]) <= 2
        ):
            return "send a JSON object, with content-type: application/json"
        case "union_tag_not_found":
            if _discriminator(error) == "`do`":
                return "name what is to be done in `do`, such as drop"
            return "name the command in `type`, such as plug_in"
        case "union_tag_invalid":
            return f"use one of {context['expected_tags']}"
    return f"correct {field}" if field else "see /openapi.json"


def _discriminator(error: Mapping[str, Any]) -> str:
    return str(error["ctx"]["discriminator"]).replace("'", "`")


def _nearest_value(given: object, expected: str) -> str:
    allowed = findall("'([^']*)'", expected)
    meant = get_close_matches(given, allowed, n=1, cutoff=0.75) if isinstance(given, str) else []
    return f"did you mean '{meant[0]}'?" if meant else f"use {expected}"


def _nearest(name: str, known: Sequence[str]) -> str:
    meant = get_close_matches(name, known, n=1, cutoff=0.75)
    return f"did you mean {meant[0]}?" if meant else "leave it out; /openapi.json lists the fields"


# --- exceptions of others --------------------------------------------------------------------------------------------


async def answer_problem(_request: Request, problem: Exception) -> Response:
    """The handler for `Problem`."""
    assert isinstance(problem, Problem)
    return problem.response()


async def answer_lost_broker(_request: Request, lost: Exception) -> Response:
    """The handler for a broken connection to the broker, or one that refuses: what was under way may have happened."""
    _log.warning("the broker failed a request", error=repr(lost))
    return unavailable(
        "the broker does not answer, or refuses",
        "try again; a command that is sent again with the same id counts once",
        kind="no_broker",
    ).response()


async def answer_http_error(request: Request, error: Exception) -> Response:
    """The handler for errors of the framework itself: no such route, not this method."""
    status = getattr(error, "status_code", 500)
    headers = getattr(error, "headers", None)
    path, method = request.url.path, request.method
    if status == 404:
        problem = Problem(404, "no_such_route", f"there is no {path}", remedy="see /openapi.json")
    elif status == 405:
        allowed = (headers or {}).get("allow") or (headers or {}).get("Allow")
        remedy = f"use {allowed}" if allowed else "see /openapi.json"
        problem = Problem(405, "method", f"{path} does not know {method}", remedy=remedy, headers=headers)
    elif status == 413:
        problem = too_large()
    else:
        problem = Problem(
            status, "http", str(getattr(error, "detail", "") or TITLES.get(status, "no")), headers=headers
        )
    return problem.response()


async def answer_bug(_request: Request, _bug: Exception) -> Response:
    """The handler for what nobody foresaw; the log has the details, the answer none."""
    return Problem(500, "bug", "the control API failed", remedy="look into its log").response()


MOST_BYTES = 1 << 20
"""The largest request body."""


def too_large() -> Problem:
    """413."""
    return Problem(413, "too_large", f"the body has more than {MOST_BYTES} bytes", remedy="send less at once")
