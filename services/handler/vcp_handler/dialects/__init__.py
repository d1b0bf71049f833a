"""The dialects: one folder an OCPP version, one visible table each. No sockets, no Redis, no behaviour."""
