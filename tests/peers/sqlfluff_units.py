"""Parses rendered templates with sqlfluff's Oracle dialect and holds the result against the table of exceptions.

    sqlfluff_units.py UNITS EXCEPTIONS

UNITS is a directory of `<template>@<number>.sql`, one statement or block a file. EXCEPTIONS is a TOML file; its own
comment says what stands in it.
"""

import re
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11, where sqlfluff brings the other one along
    import tomli as tomllib

from sqlfluff.core import FluffConfig, Linter

# The raw templater: the texts are rendered already, and a bind is an ordinary word of the dialect.
LINTER = Linter(config=FluffConfig(overrides={"dialect": "oracle", "templater": "raw"}))

# Without these the check could not fail, or could not pass.
READ = ["select :a from dual", "begin\n  null;\nend;", "declare\n  a number;\nbegin\n  p(x => :b);\nend;"]
REFUSED = ["selec 1 from dual", "select a from t where", "begin\n  p(;\nend;"]


def refusal(text):
    """What sqlfluff has against a text, in one line; nothing if it reads it."""
    violations = LINTER.parse_string(text.rstrip() + "\n").violations
    return " ".join(violations[0].desc().split())[:240] if violations else None


DECLARATION = "declare {}; begin null; end;"

# Ways for a piece of a block to be a text of its own.
SHELLS = [
    "begin {}; end;",
    "begin {} loop null; end loop; end;",
    "begin {} then null; end if; end;",
    "begin if a then null; {} then null; end if; end;",
    DECLARATION,
    "declare {} begin null; end; begin null; end;",
    "begin null; exception {} then null; end;",
]


def suspects(text):
    """The pieces of a refused text that are refused in every shell: a hint where to look, for people."""
    text = re.sub(r"--.*", "", re.sub(r"'[^']*'", "'a'", text))
    pieces = re.split(r";|\b(?:declare|begin|loop|then|else|exception|end)\b(?: if| loop| case)?", text, flags=re.IGNORECASE)
    for piece in dict.fromkeys(" ".join(piece.split()) for piece in pieces):
        # The dialect takes `a b;` for a statement, so what looks like a declaration has to be read as one.
        declared = re.fullmatch(r"(?!when )[a-z]\w* [a-z][\w$.%]*( ?\(\d+\))?", piece, flags=re.IGNORECASE)
        shells = [DECLARATION] if declared else SHELLS
        if piece and all(refusal(shell.format(piece)) for shell in shells):
            yield piece[:160]


def rewritten(construct, text):
    return re.sub(construct["written"], construct["instead"], text, flags=re.IGNORECASE)


def construct_failures(construct):
    """What is wrong with a construct of the table, apart from the templates it is written in."""
    name, snippet = construct["construct"], construct["snippet"]
    other = rewritten(construct, snippet)
    if refusal(snippet) is None:
        yield f"{name}: stale, sqlfluff reads it now; take it out of the table: {snippet}"
    elif other == snippet:
        yield f"{name}: its snippet has no place that matches {construct['written']!r}"
    elif why := refusal(other):
        yield f"{name}: its snippet is refused without the construct too: {other}: {why}"


def hints(text, known):
    """Where to look in a refused text: constructs of the table that would explain it, or else suspicious pieces."""
    held = [construct for construct in known if rewritten(construct, text) != text]
    other = text
    for construct in held:
        other = rewritten(construct, other)
    if held and refusal(other) is None:
        return [f"the table knows what it holds: {construct['construct']}" for construct in held]
    return [f"look at: {piece}" for piece in suspects(other)]


def told(failure, hints):
    return "\n      ".join([failure, *hints])


def template_failures(template, texts, constructs, known):
    """What is wrong with one template, which holds these constructs of the table; others are known, too."""
    refused = {unit: why for unit, text in texts.items() if (why := refusal(text))}
    if not constructs:
        for unit, why in refused.items():
            yield told(f"{unit}: {why}", hints(texts[unit], known))
        return
    for construct in constructs:
        if all(rewritten(construct, text) == text for text in texts.values()):
            yield f"{template}: stale, it does not hold: {construct['construct']}"
    if not refused:
        yield f"{template}: stale, sqlfluff reads it now; take it out of the table"
    for unit in refused:
        text = texts[unit]
        for construct in constructs:
            text = rewritten(construct, text)
        if why := refusal(text):
            yield told(f"{unit}: refused for something besides what the table says: {why}", hints(text, known))


def all_template_failures(*args):
    return list(template_failures(*args))


def main(directory, table):
    units = {}
    for file in sorted(Path(directory).rglob("*.sql")):
        unit = file.relative_to(directory).with_suffix("").as_posix()
        units.setdefault(unit.rsplit("@", 1)[0], {})[unit] = file.read_text(encoding="utf-8")
    constructs = tomllib.loads(Path(table).read_text(encoding="utf-8")).get("exception", [])

    failures = [f"sqlfluff does not read: {text}" for text in READ if refusal(text)]
    failures += [f"sqlfluff reads what is wrong: {text}" for text in REFUSED if not refusal(text)]
    if not units:
        failures.append(f"{directory} holds no units")
    for construct in constructs:
        failures += construct_failures(construct)
        failures += [f"{name}: in the table, and there is no such template" for name in construct["templates"] if name not in units]
    holds = {name: [construct for construct in constructs if name in construct["templates"]] for name in units}
    excepted = sum(1 for held in holds.values() if held)
    # The longest first, so that no processor is left with one of them at the end.
    order = sorted(units, key=lambda name: -sum(map(len, units[name].values())))
    with ProcessPoolExecutor() as pool:
        asked = {name: pool.submit(all_template_failures, name, units[name], holds[name], constructs) for name in order}
        for name in units:
            failures += asked[name].result()

    for failure in failures:
        print(f"FAIL  {failure}")
    texts = sum(len(texts) for texts in units.values())
    print(f"{len(units)} templates in {texts} texts: {excepted} stand in the table of exceptions; {len(failures)} failures")
    if failures:
        print(f"A template that sqlfluff cannot read is wrong, or holds a construct that belongs into {table}.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
