"""A backend to be tested: FastAPI and the `ocpp` package. Run it: `uvicorn backend:app --port 9000`."""

from datetime import UTC, datetime

from fastapi import FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result

TOKENS = {"04A1B2C3"}

app = FastAPI()
connected: dict[str, "Station"] = {}


class Wire:
    """FastAPI's websocket, as `ocpp` wants one."""

    def __init__(self, websocket: WebSocket) -> None:
        self.recv, self.send = websocket.receive_text, websocket.send_text


class Station(ChargePoint):
    """What the backend says to a charge point."""

    @on("BootNotification")
    def boot(self, **_: object) -> call_result.BootNotification:
        now = datetime.now(UTC).isoformat()
        return call_result.BootNotification(current_time=now, interval=300, status="Accepted")

    @on("StatusNotification")
    def status(self, **_: object) -> call_result.StatusNotification:
        return call_result.StatusNotification()

    @on("Authorize")
    def authorize(self, id_tag: str) -> call_result.Authorize:
        return call_result.Authorize(id_tag_info=verdict(id_tag))

    @on("StartTransaction")
    def start_transaction(self, id_tag: str, **_: object) -> call_result.StartTransaction:
        return call_result.StartTransaction(transaction_id=1, id_tag_info=verdict(id_tag))

    @on("StopTransaction")
    def stop_transaction(self, **_: object) -> call_result.StopTransaction:
        return call_result.StopTransaction()


def verdict(token: str) -> dict[str, str]:
    return {"status": "Accepted" if token in TOKENS else "Invalid"}


@app.websocket("/ocpp/{id}")
async def ocpp(websocket: WebSocket, id: str) -> None:
    await websocket.accept(subprotocol="ocpp1.6")
    connected[id] = Station(id, Wire(websocket))
    try:
        await connected[id].start()
    except WebSocketDisconnect:
        del connected[id]


@app.post("/stations/{id}/start")
async def start_session(id: str, token: str) -> dict[str, str]:
    """An operator starts a session from afar; 409 where the charge point will not."""
    answer = await connected[id].call(call.RemoteStartTransaction(id_tag=token))
    if answer.status != "Accepted":
        raise HTTPException(409, "the charge point refuses")
    return {"status": "started"}
