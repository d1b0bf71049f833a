#!/bin/sh
# A charge point connects to a backend and begins to charge; then a look at both sides of the wire. Needs curl alone.
# Needs a running product (`./vcp up` prints its API's URL) and a backend (`./vcp backend`, or your own).
# Run: VCP_API_URL=http://localhost:8080 sh examples/04_connect_by_http.sh ws://localhost:9000/ocpp
set -eu
api=${VCP_API_URL:-http://localhost:8080}
backend=${1:-ws://localhost:9000/ocpp}
charger=${2:-CP004}

post() {
    curl --silent --show-error --fail-with-body -H 'content-type: application/json' -d "$2" "$api/charge-points$1"
    echo
}
see() {
    curl --silent --show-error --fail-with-body "$api/charge-points/$charger/messages$1"
    echo
}

post "" "{\"id\": \"$charger\", \"url\": \"$backend\", \"protocols\": [\"ocpp1.6\"]}"
post "/$charger/go-online" '{}'
see "/wait?action=BootNotification&kind=result&timeout=10"
post "/$charger/plug-in" '{"evse": 1}'
post "/$charger/present-token" '{"token": "04A1B2C3"}'
see "/wait?action=StartTransaction&kind=result&timeout=10"
see ""
