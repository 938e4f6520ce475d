# What the peer checks have in common; they source it. It says where things are, and cleans up at their end.
#
# ADBCTL   the binary (default: target/debug/adbctl of this checkout)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
peers=$here/tests/peers
adbctl=${ADBCTL:-$here/target/debug/adbctl}
work=$(mktemp -d)
server=
finish() {
  [ -n "$server" ] && kill "$server" 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

python_with() { # python_with DIR CODE PACKAGE...: an environment in DIR in which CODE runs, with these packages put there if it does not
  local venv=$1 code=$2
  shift 2
  "$venv/bin/python" -c "$code" 2>/dev/null && return
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"
}

serve() { # serve COMMAND...: a sandbox in $work/sandbox, by default without any waiting; it is there when this returns
  [ $# -gt 0 ] || set -- "$adbctl" sandbox serve --dir "$work/sandbox" --port 0 --speed 0
  "$@" >"$work/ready" 2>"$work/err" &
  server=$!
  for _ in $(seq 100); do [ -s "$work/ready" ] && return; sleep 0.2; done
  echo "the sandbox did not come up:"
  cat "$work/err"
  exit 1
}
