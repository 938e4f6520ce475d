#!/bin/bash
# The Oracle dialect of sqlfluff, a parser that nobody here wrote, over every shipped template as it is sent, guard
# included. What the dialect cannot read stands in sqlfluff_exceptions.toml, construct by construct.
#
#   tests/peers/sqlfluff.sh
#
# CARGO           the command that runs the tests of this checkout (default: cargo)
# ADBCTL_UNITS    a directory with the texts, written before (default: written by a test, into a temporary one)
# SQLFLUFF_VENV   a Python environment with sqlfluff in it, made there if it is missing (default: a temporary one)
. "$(dirname "$0")/common.sh"
# A newer version may read more or less: raise it together with the table of exceptions.
version=4.5.0
venv=${SQLFLUFF_VENV:-$work/venv}
python_with "$venv" "from importlib.metadata import version; exit(version('sqlfluff') != '$version')" "sqlfluff==$version"

units=${ADBCTL_UNITS:-$work/units}
if [ ! -d "$units" ]; then
  (cd "$here" && ADBCTL_UNITS=$units ${CARGO:-cargo} test --locked --quiet --test it -- --ignored --exact units::write_units) >"$work/out" 2>&1 ||
    { cat "$work/out"; exit 1; }
fi
"$venv/bin/python" "$peers/sqlfluff_units.py" "$units" "$peers/sqlfluff_exceptions.toml"
