#!/bin/bash
# Oracle's own thin client for Node.js against the sandbox's SQL*Net: a peer that nobody here wrote.
#
#   tests/peers/node_oracledb.sh
#
# ADBCTL           the binary (default: target/debug/adbctl of this checkout)
# ORACLEDB_NODE    a folder with oracledb in its node_modules, put there if it is missing (default: a temporary one)
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
if ! command -v npm >/dev/null; then echo "skipped: npm is not there"; exit 0; fi
work=$(mktemp -d)
node=${ORACLEDB_NODE:-$work/node}
adbctl=${ADBCTL:-$here/target/debug/adbctl}
server=
finish() {
  [ -n "$server" ] && kill "$server" 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

mkdir -p "$node"
[ -d "$node/node_modules/oracledb" ] || npm install --silent --prefix "$node" oracledb@26.0.0 >/dev/null

"$adbctl" sandbox serve --dir "$work/sandbox" --port 0 --speed 0 >"$work/ready" 2>"$work/err" &
server=$!
for _ in $(seq 100); do [ -s "$work/ready" ] && break; sleep 0.2; done
[ -s "$work/ready" ] || { echo "the sandbox did not come up:"; cat "$work/err"; exit 1; }

NODE_PATH="$node/node_modules" node "$here/tests/peers/node_oracledb.js" "$work/sandbox/sandbox.json"
