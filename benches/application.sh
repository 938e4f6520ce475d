#!/bin/bash
# Moving one large application: `adbctl app export`, `object get` of what it wrote, and `app import`, against a sandbox that another process
# serves. The databases write and read the file by themselves, so adbctl's memory does not depend on its size.
#
#   benches/application.sh
#
# ADBCTL     the binary (default: target/release/adbctl of this checkout)
# SIZE       of the application's export, in MiB (default: 50)
# ROUNDS     how often each is done (default: 3)
set -euo pipefail
. "$(dirname "$0")/common.sh"
size=${SIZE:-50}
rounds=${ROUNDS:-3}
export HOME=$work

serve --speed 0
config=$(fact adbctl_config)

# Static files stand in an export as hexadecimal digits with some words a line, which makes 2.5 bytes of each.
python3 - "$work/box/sandbox.json" "$size" <<'PY'
import base64, json, sys, urllib.request
ready, size = json.load(open(sys.argv[1])), int(sys.argv[2])
prod = ready["databases"]["prod"]
block = f"""declare
  one raw(16384) := utl_raw.cast_to_raw(rpad('.', 16384, 'body 0123456789; '));
  content blob;
begin
  apex_util.set_workspace('SALES_WS');
  dbms_lob.createtemporary(content, true);
  for i in 1 .. 64 loop
    dbms_lob.writeappend(content, 16384, one);
  end loop;
  wwv_flow.g_flow_id := 100;
  for i in 1 .. {size * 2 // 5} loop
    wwv_flow_imp_shared.create_app_static_file(p_id => 9700000 + i, p_file_name => 'big/part' || i || '.css', p_mime_type => 'text/css', p_file_content => content);
  end loop;
  commit;
end;
/"""
ask = urllib.request.Request(prod["ords_url"] + "admin/_/sql", block.encode(), {"content-type": "application/sql"})
ask.add_header("authorization", "Basic " + base64.b64encode(f"admin:{prod['admin_password']}".encode()).decode())
items = json.load(urllib.request.urlopen(ask))["items"]
wrong = [item["errorDetails"] for item in items if "errorCode" in item]
sys.exit("\n".join(wrong) if wrong else None)
PY

# one NAME COMMAND: runs it and notes seconds, the most memory of the process in KiB, and its processor time in seconds.
one() {
  python3 - "$work/results" "$@" <<'PY'
import os, subprocess, sys, time
results, name, *command = sys.argv[1:]
begun = time.monotonic()
with open(results + ".said", "wb") as said:
    child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
    _, status, usage = os.wait4(child.pid, 0)
spent = time.monotonic() - begun
if status != 0:
    sys.exit(open(results + ".said").read() + f"\n{name} ended with {status}")
with open(results, "a") as file:
    print(name, spent, usage.ru_maxrss, usage.ru_utime + usage.ru_stime, sep="\t", file=file)
PY
}
own() { "$adbctl" --config "$config" --state-dir "$work/state" "$@"; }
own setup prod --yes >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
own setup dev --yes >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
for round in $(seq "$rounds"); do
  prefix=temp/prod/apex/100/snapshots/round$round
  one export "$adbctl" --config "$config" --state-dir "$work/state" app export prod --app 100 --label "round$round" --yes
  one get "$adbctl" --config "$config" --state-dir "$work/state" object get "$prefix/f100.sql" "$work/f100.sql" --force
  one import "$adbctl" --config "$config" --state-dir "$work/state" app import dev --export "$prefix/" --id new --yes
done
bytes=$(stat -c %s "$work/f100.sql")
python3 - "$work/results" "$bytes" "$rounds" <<'PY'
import statistics, sys
from collections import defaultdict
results, size, rounds = sys.argv[1], int(sys.argv[2]), sys.argv[3]
samples = defaultdict(list)
for line in open(results):
    name, *numbers = line.rstrip("\n").split("\t")
    samples[name].append([float(number) for number in numbers])
print(f"{size / 1048576:.1f} MiB, {rounds} rounds\n")
print("| | time, the middle (the least) | processor time | most memory | wanted |")
print("|---|---|---|---|---|")
for name, title in [("export", "`adbctl app export`"), ("get", "`adbctl object get` of it"), ("import", "`adbctl app import`")]:
    seconds, memory, processor = zip(*samples[name])
    print(f"| {title} | {statistics.median(seconds):.2f} s ({min(seconds):.2f}) | {statistics.median(processor):.2f} s | {max(memory) / 1024:.0f} MiB | 64 MiB |")
sys.exit("adbctl used more than 64 MiB" if max(row[1] for rows in samples.values() for row in rows) > 64 * 1024 else None)
PY
