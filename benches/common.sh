# What the benchmarks in this directory share; they source it.
#
# ADBCTL     the binary (default: target/release/adbctl of this checkout)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
adbctl=${ADBCTL:-$here/target/release/adbctl}
server=
finish() {
  [ -n "$server" ] && kill "$server" 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

# serve WORDS: a sandbox in a process of its own, in $work/box. What it says of itself is in $work/ready.
serve() {
  "$adbctl" sandbox serve --dir "$work/box" --port 0 "$@" >"$work/ready" 2>"$work/err" &
  server=$!
  for _ in $(seq 300); do [ -s "$work/ready" ] && break; sleep 0.2; done
  [ -s "$work/ready" ] || { echo "the sandbox did not come up:"; cat "$work/err"; exit 1; }
}

# fact NAME: a member of what the sandbox says of itself.
fact() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/ready" "$1"; }

# one NAME COMMAND: runs it and notes seconds, the most memory of the process in KiB, and its processor time in seconds, in
# $work/results. What the command before left to be written to the disk is written first.
one() {
  sync
  python3 - "$work/results" "$@" <<'PY'
import os, subprocess, sys, time
results, name, *command = sys.argv[1:]
begun = time.monotonic()
child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
text = child.stderr.read()
_, status, usage = os.wait4(child.pid, 0)
spent = time.monotonic() - begun
if status != 0:
    sys.exit(f"{name} failed: {text.decode()}")
with open(results, "a") as out:
    out.write(f"{name}\t{spent}\t{usage.ru_maxrss}\t{usage.ru_utime + usage.ru_stime}\n")
PY
}

# How many processes wanted a processor in the last minute.
load() { cut -d' ' -f1 /proc/loadavg; }
