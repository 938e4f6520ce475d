#!/bin/bash
# Moving one large object: `adbctl object`, Oracle's `oci os object` and `curl`, in turns, against one sandbox that another
# process serves on this machine.
#
#   benches/object.sh
#
# ADBCTL     the binary (default: target/release/adbctl of this checkout)
# OCI_VENV   a Python environment with oci-cli in it, made there if it is missing (default: a temporary one)
# SIZE       of the object, in MiB (default: 512)
# ROUNDS     how often each is done (default: 5)
set -euo pipefail
. "$(dirname "$0")/common.sh"
venv=${OCI_VENV:-$work/venv}
size=${SIZE:-512}
rounds=${ROUNDS:-5}

if [ ! -x "$venv/bin/oci" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet oci-cli
fi

serve --speed 0
export HOME=$work OCI_CLI_SUPPRESS_FILE_PERMISSIONS_WARNING=True SUPPRESS_LABEL_WARNING=True
endpoint=$(fact oci_endpoint)
bucket=$(fact bucket)
own() { echo "$adbctl --config $(fact adbctl_config) object"; }
theirs() { echo "$venv/bin/oci --config-file $(fact oci_config) --endpoint $endpoint os"; }
until_then=$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)
url=$($(theirs) preauth-request create --bucket-name "$bucket" --name bench --access-type AnyObjectReadWrite \
  --time-expires "$until_then" --query 'data."full-path"' --raw-output)
head -c "$((size * 1024 * 1024))" /dev/urandom >"$work/file"
# The sandbox copies its sample databases when it starts; that shall not count.
sleep 5

same() { cmp "$work/file" "$work/back" && rm -f "$work/back"; }

before=$(load)
for _ in $(seq "$rounds"); do
  one "put adbctl" $(own) put "$work/file" big --force
  one "put oci" $(theirs) object put --bucket-name "$bucket" --name big-oci --file "$work/file" --force
  one "put curl" curl -sSf -T "$work/file" "${url}big-curl"
  one "put stdin" sh -c 'exec "$@" <"$0"' "$work/file" $(own) put - big-stdin --force
  one "get adbctl" $(own) get big "$work/back"; same
  one "get oci" $(theirs) object get --bucket-name "$bucket" --name big --file "$work/back"; same
  one "get curl" curl -sSf -o "$work/back" "${url}big"; same
  one "get md5sum" sh -c 'curl -sSf -o "$1" "$2" && md5sum "$1"' sh "$work/back" "${url}big"; same
  one "get foreign" $(own) get big-curl "$work/back"; same
done

python3 - "$work/results" "$size" "$before" "$(load)" <<'PY'
import statistics, sys
rows = {}
for line in open(sys.argv[1]):
    name, spent, memory, processor = line.rstrip("\n").split("\t")
    rows.setdefault(name, []).append((float(spent), int(memory), float(processor)))
size = int(sys.argv[2])
rounds = max(map(len, rows.values()))
titles = {
    "put adbctl": "`adbctl object put`",
    "put oci": "`oci os object put`",
    "put curl": "`curl -T`",
    "put stdin": "`adbctl object put -`, from standard input",
    "get adbctl": "`adbctl object get`, stored by adbctl",
    "get oci": "`oci os object get` of the same",
    "get curl": "`curl` of the same",
    "get md5sum": "`curl` of the same, then `md5sum`",
    "get foreign": "`adbctl object get` of what `curl` stored",
}
print(f"{size} MiB, {rounds} rounds; processes that wanted a processor (load): {sys.argv[3]} before, {sys.argv[4]} after\n")
print("| | time, the middle (the least) | throughput | processor time | most memory |")
print("|---|---|---|---|---|")
for name, title in titles.items():
    times = [spent for spent, _, _ in rows[name]]
    middle = statistics.median(times)
    most = max(memory for _, memory, _ in rows[name]) / 1024
    processor = statistics.median(processor for _, _, processor in rows[name])
    print(f"| {title} | {middle:.2f} s ({min(times):.2f}) | {size / middle:.0f} MiB/s | {processor:.2f} s | {most:.0f} MiB |")
print()
for way in ("put", "get"):
    for other, target in (("oci", "at least 3.0"), ("curl", "at least 0.8")):
        pairs = zip(rows[f"{way} {other}"], rows[f"{way} adbctl"])
        ratios = [theirs[0] / ours[0] for theirs, ours in pairs]
        print(f"{way}: {statistics.median(ratios):.2f} times the throughput of {other} (each round: "
              f"{' '.join(f'{ratio:.2f}' for ratio in ratios)}; wanted: {target})")
PY
