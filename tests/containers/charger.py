"""A charger behind the control API, as a test touches it. Plain HTTP, so nothing of ours stands between."""

from typing import Any

import httpx

Json = dict[str, Any]


class Charger:
    """One charge point. `after` is the cursor behind the last frame that was waited for."""

    def __init__(self, http: httpx.AsyncClient, id: str) -> None:
        self.id = id
        self.after = "0"
        self._http = http

    async def set_up(self, **configuration: object) -> Json:
        """Configures it."""
        return _good(await self._http.post("/charge-points", json={"id": self.id, **configuration}))

    async def retire(self) -> None:
        """Takes it out of the world."""
        _good(await self._http.delete(f"/charge-points/{self.id}"))

    async def touch(self, verb: str, **body: object) -> Json:
        """Gives it a command; the result, once it is done."""
        return _good(
            await self._http.post(f"/charge-points/{self.id}/{verb}", json=body, params={"wait": 15})
        )

    async def view(self) -> Json:
        """How it stands."""
        return _good(await self._http.get(f"/charge-points/{self.id}"))

    async def said(self, action: str) -> Json:
        """Its next call of this action on the wire."""
        return await self._frame(action=action, direction="sent", kind="call")

    async def heard(self, action: str) -> Json:
        """The next answer to such a call on the wire."""
        return await self._frame(action=action, direction="received", kind="result")

    async def wire(self) -> list[Json]:
        """The whole record."""
        items: list[Json] = _good(await self._http.get(f"/charge-points/{self.id}/messages"))["items"]
        return items

    async def _frame(self, **wanted: str) -> Json:
        asked: dict[str, str | float] = {**wanted, "after": self.after, "timeout": 20}
        frame = _good(await self._http.get(f"/charge-points/{self.id}/messages/wait", params=asked))
        self.after = str(frame["cursor"])
        return frame


def _good(response: httpx.Response) -> Json:
    assert response.is_success, f"{response.request.method} {response.request.url}: {response.text}"
    document: Json = response.json()
    return document
