#!/bin/bash
# Oracle's own Python SDK against the sandbox's Database Tools service: a peer that nobody here wrote.
#
#   tests/peers/database_tools.sh
#
# ADBCTL     the binary (default: target/debug/adbctl of this checkout)
# OCI_VENV   a Python environment with oci in it, made there if it is missing (default: a temporary one)
. "$(dirname "$0")/common.sh"
venv=${OCI_VENV:-$work/venv}
python_with "$venv" "import oci.database_tools_runtime" oci
serve
"$venv/bin/python" "$peers/database_tools.py" "$work/sandbox"
