#!/bin/bash
# Oracle's own thin client for Python against the sandbox's SQL*Net: a peer that nobody here wrote.
#
#   tests/peers/python_oracledb.sh
#
# ADBCTL          the binary (default: target/debug/adbctl of this checkout)
# ORACLEDB_VENV   a Python environment with oracledb in it, made there if it is missing (default: a temporary one)
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
venv=${ORACLEDB_VENV:-$work/venv}
adbctl=${ADBCTL:-$here/target/debug/adbctl}
server=
finish() {
  [ -n "$server" ] && kill "$server" 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

if ! "$venv/bin/python" -c 'import oracledb' 2>/dev/null; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet oracledb==26.1.0
fi

"$adbctl" sandbox serve --dir "$work/sandbox" --port 0 --speed 0 >"$work/ready" 2>"$work/err" &
server=$!
for _ in $(seq 100); do [ -s "$work/ready" ] && break; sleep 0.2; done
[ -s "$work/ready" ] || { echo "the sandbox did not come up:"; cat "$work/err"; exit 1; }

"$venv/bin/python" "$here/tests/peers/python_oracledb.py" "$work/sandbox"
