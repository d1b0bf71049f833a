// A charge point in a test written for Node: no package needed. Any language that speaks HTTP does it like this.
// Needs a running product (`./vcp up` prints its API's URL) and a backend (`./vcp backend`, or your own).
// Run: VCP_API_URL=http://localhost:8080 BACKEND_URL=ws://localhost:9000/ocpp node --test examples/07_from_node.mjs
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

const api = process.env.VCP_API_URL ?? "http://localhost:8080";
const backend = process.env.BACKEND_URL ?? "ws://localhost:9000/ocpp";
const run = `node-${process.pid}`;
const charger = `/charge-points/NODE-${process.pid}`;

async function ask(method, path, body) {
  const answer = await fetch(api + path, {
    method,
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const document = await answer.json();
  assert.ok(answer.ok, `${method} ${path}: ${document.field ?? ""} ${document.reason} ${document.remedy ?? ""}`);
  return document;
}

const touch = (verb, body = {}) => ask("POST", `${charger}/${verb}`, body);

/** The next such message after the cursor of the last one; waits for it. */
let cursor = "0";
async function expect(action, kind = "call") {
  const frame = await ask("GET", `${charger}/messages/wait?action=${action}&kind=${kind}&after=${cursor}&timeout=10`);
  cursor = frame.cursor;
  return JSON.parse(frame.text).at(-1);
}

before(() => ask("POST", "/charge-points", { id: `NODE-${process.pid}`, url: backend, labels: { run }, online: true }));
after(() => ask("DELETE", `/charge-points?label=run=${run}`));

test("the backend takes the charger in, and charges a car", async () => {
  await expect("BootNotification");
  assert.equal((await expect("BootNotification", "result")).status, "Accepted");
  await touch("plug-in", { evse: 1 });
  await touch("present-token", { token: "04A1B2C3" });
  assert.equal((await expect("StartTransaction")).idTag, "04A1B2C3");
  const { transactionId } = await expect("StartTransaction", "result");
  await touch("press-stop");
  assert.equal((await expect("StopTransaction")).transactionId, transactionId);
});
