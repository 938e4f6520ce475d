#!/bin/bash
# Oracle's own thin client for Python against the sandbox's SQL*Net: a peer that nobody here wrote.
#
#   tests/peers/python_oracledb.sh
#
# ADBCTL          the binary (default: target/debug/adbctl of this checkout)
# ORACLEDB_VENV   a Python environment with oracledb in it, made there if it is missing (default: a temporary one)
. "$(dirname "$0")/common.sh"
venv=${ORACLEDB_VENV:-$work/venv}
python_with "$venv" "import oracledb" oracledb==26.1.0
serve
"$venv/bin/python" "$peers/python_oracledb.py" "$work/sandbox"
