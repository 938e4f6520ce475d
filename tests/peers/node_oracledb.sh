#!/bin/bash
# Oracle's own thin client for Node.js against the sandbox's SQL*Net: a peer that nobody here wrote.
#
#   tests/peers/node_oracledb.sh
#
# ADBCTL           the binary (default: target/debug/adbctl of this checkout)
# ORACLEDB_NODE    a folder with oracledb in its node_modules, put there if it is missing (default: a temporary one)
if ! command -v npm >/dev/null; then echo "skipped: npm is not there"; exit 0; fi
. "$(dirname "$0")/common.sh"
node=${ORACLEDB_NODE:-$work/node}
mkdir -p "$node"
[ -d "$node/node_modules/oracledb" ] || npm install --silent --prefix "$node" oracledb@26.0.0 >/dev/null
serve
# The authority of the server's certificate is the last one in a wallet.
awk '/BEGIN CERTIFICATE/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }' \
  "$work/sandbox/wallets/dev/ewallet.pem" >"$work/authority.pem"
NODE_EXTRA_CA_CERTS="$work/authority.pem" NODE_PATH="$node/node_modules" node "$peers/node_oracledb.js" "$work/sandbox/sandbox.json"
