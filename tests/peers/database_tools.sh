#!/bin/bash
# Oracle's own Python SDK against the sandbox's Database Tools service: a peer that nobody here wrote.
#
#   tests/peers/database_tools.sh
#
# ADBCTL     the binary (default: target/debug/adbctl of this checkout)
# OCI_VENV   a Python environment with oci in it, made there if it is missing (default: a temporary one)
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
venv=${OCI_VENV:-$work/venv}
adbctl=${ADBCTL:-$here/target/debug/adbctl}
server=
finish() {
  [ -n "$server" ] && kill "$server" 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

if ! "$venv/bin/python" -c 'import oci.database_tools_runtime' 2>/dev/null; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet oci
fi

"$adbctl" sandbox serve --dir "$work/sandbox" --port 0 --speed 0 >"$work/ready" 2>"$work/err" &
server=$!
for _ in $(seq 100); do [ -s "$work/ready" ] && break; sleep 0.2; done
[ -s "$work/ready" ] || { echo "the sandbox did not come up:"; cat "$work/err"; exit 1; }

"$venv/bin/python" "$here/tests/peers/database_tools.py" "$work/sandbox"
