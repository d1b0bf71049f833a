#!/bin/sh
# Sets a charge point up and puts a cable in, by nothing but redis-cli: no library, no hashing, no ids.
# Needs a running product (`./vcp up` prints its broker's URL). Run: REDIS_URL=redis://… sh examples/01_plug_in_with_redis_cli.sh
set -eu
url=${REDIS_URL:-redis://localhost:6379}
charger=${1:-CP001}
cli=$(command -v redis-cli || command -v valkey-cli) || { echo "needs redis-cli or valkey-cli" >&2; exit 1; }

# the front door: one field, __data__, with plain JSON; entries are taken in the order in which they come
tell() {
    "$cli" -u "$url" XADD vcp:door '*' __data__ "$1"
}

tell "{\"type\": \"provision\", \"charge_point\": \"$charger\", \"configuration\": {\"model\": \"Wall 1\"}}"
tell "{\"type\": \"plug_in\", \"charge_point\": \"$charger\"}"

# What comes of it is told among the events: run 03_listen_to_events.py beside this.
