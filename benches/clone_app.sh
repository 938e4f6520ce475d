#!/bin/bash
# How much longer a clone of an application takes than the longest chain of its steps: what more would be time in which something that could
# have gone on did not. Against one sandbox that another process serves on this machine, at the speed of the pretended cloud.
#
#   benches/clone_app.sh
#
# ADBCTL     the binary (default: target/release/adbctl of this checkout)
# SPEED      of the sandbox (default: 1)
# VOLUME     of the sample database (default: 1)
# ROUNDS     how often (default: 3)
set -euo pipefail
. "$(dirname "$0")/common.sh"
export HOME=$work

serve --speed "${SPEED:-1}" --volume "${VOLUME:-1}"
on() { "$adbctl" --sandbox="$work/box" --state-dir "$work/state" "$@" --yes >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }; }
on setup prod
on setup dev
for round in $(seq "${ROUNDS:-3}"); do
  on clone-app prod dev --app 100 --schema "sales:copy_$round,sales_report:report_$round" --workspace "ws_$round" --id new
done

python3 - "$work/state/runs" <<'END'
import datetime, json, pathlib, sys

for run in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    plan = json.loads((run / "plan.json").read_text())
    if plan["runbook"] != "clone-app":
        continue
    began, ended = {}, {}
    for line in (run / "journal.jsonl").read_text().splitlines():
        entry = json.loads(line)
        at = datetime.datetime.fromisoformat(entry["at"])
        for kind, what in entry["record"].items():
            if kind == "step-started":
                began[what["step"]] = at
            elif kind == "step-done":
                ended[what["step"]] = at
    took = {step: (ended[step] - began[step]).total_seconds() for step in ended}
    longest = {}
    for step in plan["steps"]:
        if "check" in step:
            continue
        before = [longest[need] for need in step.get("needs", []) if need in longest]
        chain, names = max(before, key=lambda pair: pair[0], default=(0, []))
        longest[step["id"]] = (chain + took.get(step["id"], 0), names + [step["id"]])
    chain, names = max(longest.values(), key=lambda pair: pair[0])
    makespan = (max(ended.values()) - min(began.values())).total_seconds()
    alone = sum(took.values())
    ratio = makespan / chain
    verdict = "" if ratio <= 1.1 else "  more than 1.1: missed"
    print(f"{makespan:6.2f} s, the longest chain {chain:6.2f} s, all steps one after the other {alone:6.2f} s: {ratio:.3f} times{verdict}")
    print("   " + ", ".join(f"{name} {took[name]:.2f}" for name in names if took.get(name, 0) >= 0.05))
END
