#!/bin/bash
# Sessions of the thin driver beside those of python-oracledb, in turns, against one sandbox that another process serves on
# this machine, with the same wallet; one long CLOB to a file; and a million rows as CSV.
#
#   benches/thin.sh
#
# ADBCTL          the binary (default: target/release/adbctl of this checkout)
# BENCH           how the program thin.rs is run (default: cargo bench --quiet --bench thin --)
# ORACLEDB_VENV   a Python environment with oracledb in it, made there if it is missing (default: a temporary one)
# ROUNDS          how often each is done (default: 5)
# DOUBLINGS       of 25,000 characters to the CLOB (default: 13, which makes 204.8 million)
# VERSION         of the database; before 23ai its answers do not mark their ends (default: 26ai)
set -euo pipefail
. "$(dirname "$0")/common.sh"
venv=${ORACLEDB_VENV:-$work/venv}
bench=${BENCH:-cargo bench --quiet --bench thin --}
rounds=${ROUNDS:-5}
cd "$here"

if ! "$venv/bin/python" -c 'import oracledb' 2>/dev/null; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet oracledb==26.1.0
fi

serve --speed 0
facts=$work/box/sandbox.json
own="$adbctl --config $work/box/adbctl.toml"
$bench >/dev/null
cat >"$work/make.sql" <<SQL
create table bench_rows (id number primary key, name varchar2(40), amount number(12, 2), noted date);
insert into bench_rows select level, 'Customer number ' || level, level * 1.25, date '2024-01-01' + mod(level, 500)
  from dual connect by level <= 100000;
commit;
create table bench_texts (id number primary key, payload clob);
insert into bench_texts values (1, to_clob(rpad('Line of the text, 0123456789 ', 25000, 'abcdefghijklmnopqrstuvwxyz ')));
commit;
declare
  whole clob;
begin
  select payload into whole from bench_texts where id = 1;
  for i in 1 .. ${DOUBLINGS:-13} loop
    dbms_lob.append(whole, whole);
  end loop;
  update bench_texts set payload = whole where id = 1;
end;
/
SQL
$own sql dev --driver thin --file "$work/make.sql" --yes >/dev/null 2>"$work/err" || { cat "$work/err"; exit 1; }
if [ "${VERSION:-26ai}" != 19c ]; then
  $bench "$facts" "${VERSION:-26ai}"
fi

before=$(load)
for _ in $(seq "$rounds"); do
  $bench "$facts" | sed 's/^/adbctl /' >>"$work/measures"
  "$venv/bin/python" "$here/benches/thin.py" "$facts" | sed 's/^/python /' >>"$work/measures"
  one "adbctl" $own sql dev --driver thin "select payload from bench_texts where id = 1" --value-to "$work/own" --force
  one "python" "$venv/bin/python" "$here/benches/thin.py" "$facts" "$work/theirs"
  cmp "$work/own" "$work/theirs"
  one "csv" $own sql dev --driver thin "select b.* from bench_rows b, (select 1 from dual connect by level <= 10)" --format csv
done

python3 - "$work/measures" "$work/results" "$(stat -c %s "$work/own")" "$rounds" "$before" "$(load)" <<'PY'
import statistics, sys
measures, results, size, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
found = {}
for line in open(measures):
    name, seconds = line.rstrip("\n").split("\t")
    found.setdefault(name, []).append(float(seconds))
texts = {}
for line in open(results):
    name, spent, memory, processor = line.rstrip("\n").split("\t")
    texts.setdefault(name, []).append((float(spent), int(memory) / 1024, float(processor)))
print(f"{rounds} rounds; processes that wanted a processor (load): {sys.argv[5]} before, {sys.argv[6]} after\n")
print("| the middle (the least) | adbctl | python-oracledb | ratio |")
print("|---|---|---|---|")
titles = {
    "open": "a session, opened",
    "trips": "1,000 statements, one after the other",
    "rows": "100,000 rows of four columns",
}
for name, title in titles.items():
    own, theirs = found[f"adbctl {name}"], found[f"python {name}"]
    shown = [f"{statistics.median(times) * 1000:.1f} ms ({min(times) * 1000:.1f})" for times in (own, theirs)]
    ratio = statistics.median(theirs) / statistics.median(own)
    print(f"| {title} | {shown[0]} | {shown[1]} | {ratio:.2f} |")
own, theirs = ([row[0] for row in texts[name]] for name in ("adbctl", "python"))
ratio = statistics.median(theirs) / statistics.median(own)
shown = [f"{statistics.median(times):.2f} s ({min(times):.2f})" for times in (own, theirs)]
print(f"| a CLOB of {size / 1e6:.1f} MB to a file | {shown[0]} | {shown[1]} | {ratio:.2f} |")
for at, title, unit in ((2, "its processor time", "s"), (1, "its most memory", "MiB")):
    shown = []
    for name in ("adbctl", "python"):
        values = [row[at] for row in texts[name]]
        shown.append(f"{max(values):.0f} MiB" if unit == "MiB" else f"{statistics.median(values):.2f} s")
    print(f"| {title} | {shown[0]} | {shown[1]} | |")
rows = texts["csv"]
print(f"| a million rows as CSV by adbctl sql | {statistics.median(row[0] for row in rows):.2f} s | | |")
print(f"| its most memory | {max(row[1] for row in rows):.0f} MiB | | |")
PY
