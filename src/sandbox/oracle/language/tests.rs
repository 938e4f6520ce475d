//! The statement corpus, the limits and the properties of the language.

use std::sync::LazyLock;

use camino::Utf8PathBuf;
use proptest::prelude::*;

use super::ast::{Expression, ExpressionKind, Query, Statement, StatementKind, TriggerBody, UnitBody};
use super::script::{PieceKind, split};
use super::{Code, Dialect, LanguageError, parse_block, parse_expression, parse_query, parse_statement};

fn corpus(folder: &str) -> Vec<(String, String)> {
    let folder = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut files: Vec<(String, String)> = fs_err::read_dir(folder.as_std_path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs_err::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn dialect(text: &str) -> Dialect {
    if text.lines().any(|line| line == "-- dialect: 23") { Dialect::Oracle23 } else { Dialect::Oracle19 }
}

/// A stored source is created even if it is wrong: then its error is inside.
fn error_of(result: Result<Statement, LanguageError>) -> Option<LanguageError> {
    match result {
        Err(error) => Some(error),
        Ok(Statement { kind: StatementKind::CreateSource(create), .. }) => match create.body {
            Err(error) => Some(error),
            Ok(UnitBody::Trigger(trigger)) => match trigger.body {
                TriggerBody::Invalid(error) => Some(error),
                _ => None,
            },
            Ok(_) => None,
        },
        Ok(_) => None,
    }
}

#[test]
fn the_corpus_to_accept_is_accepted() {
    let mut failures = Vec::new();
    let mut statements = 0;
    for (name, text) in corpus("accept") {
        for piece in split(&text).into_iter().filter(|piece| piece.kind != PieceKind::Command) {
            statements += 1;
            if let Some(error) = error_of(parse_statement(&piece.text, dialect(&text))) {
                failures.push(format!("{name}, piece at line {}: {error}\n{}", piece.start_line, piece.text));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(statements >= 100, "only {statements} statements were found");
}

#[test]
fn the_corpus_to_reject_is_rejected_with_oracles_code_and_place() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (name, text) in corpus("reject") {
        count += 1;
        let expected =
            text.lines().next().and_then(|line| line.strip_prefix("-- expect: ")).unwrap_or_default();
        let found = match error_of(parse_statement(text.trim_end(), dialect(&text))) {
            None => "accepted".to_owned(),
            Some(error) => {
                let code = match error.code {
                    Code::Ora(number) => format!("ORA-{number:05}"),
                    Code::Pls(number) => format!("PLS-{number:05}"),
                    Code::SqlInPlsql(number) => format!("PL/SQL: ORA-{number:05}"),
                    Code::Unsupported => "unsupported".to_owned(),
                };
                format!("{code} {}:{}", error.line, error.column)
            }
        };
        if found != expected {
            failures.push(format!("{name}: expected {expected}, found {found}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count >= 50, "only {count} texts were found");
}

#[test]
fn deep_and_long_texts_end_in_an_error_or_a_tree() {
    let deep = 20_000;
    let texts = [
        format!("select {}1{} from dual", "(".repeat(deep), ")".repeat(deep)),
        format!("select {} from dual", vec!["1"; deep].join("+")),
        format!("select {}1 from dual", "-".to_string() + &" - ".repeat(deep)),
        format!("select 1 from dual where {} 1 = 1", "not ".repeat(deep)),
        format!("{} select 1 from dual {}", "select * from (".repeat(deep), ")".repeat(deep)),
        format!("select 1 from {}dual{}", "(".repeat(deep), ")".repeat(deep)),
        format!("{} null; {}", "begin ".repeat(deep), "end;".repeat(deep)),
        format!("begin {} null; {} end;", "if a then ".repeat(deep), "end if;".repeat(deep)),
        format!("begin x := f{}; end;", "(1)".repeat(deep)),
        format!("begin x := f(1){}; end;", ".a".repeat(deep)),
        format!("select 1 from dual {}", "union select 1 from dual ".repeat(deep)),
        format!("select 1 from a {}", "join b on 1=1 ".repeat(deep)),
        format!("declare {} begin null; end;", "procedure p is ".repeat(deep)),
        format!("select case when {} 1 from dual", "case when ".repeat(deep)),
        format!("select * from t where a in {}1{}", "(".repeat(deep), ")".repeat(deep)),
        format!("select json_object({}) from dual", "json_object('a' value ".repeat(deep)),
        format!("select 1 from dual group by {}", "grouping sets (".repeat(deep)),
    ];
    for text in texts {
        let error = parse_statement(&text, Dialect::Oracle19).unwrap_err();
        assert_eq!(error.code, Code::Unsupported, "{error} for {}", &text[..60]);
    }
    let flat = [
        format!("select a from t where a in ({})", vec!["'x'"; deep].join(",")),
        format!("select json_object({}) from t", vec!["'k':v"; deep].join(",")),
        format!("begin {} end;", "p(a => :b);".repeat(deep)),
        format!("select a from t where a = '{}'", "''".repeat(deep)),
    ];
    for text in flat {
        parse_statement(&text, Dialect::Oracle19).unwrap();
    }
    let sum = vec!["1"; 350].join(" + ");
    parse_expression(&sum, Dialect::Oracle19).unwrap();
    let nested = format!("{}1{}", "(".repeat(50), ")".repeat(50));
    parse_expression(&nested, Dialect::Oracle19).unwrap();
}

#[test]
fn messages_are_oracles() {
    let check = |text: &str, expected: &str| {
        let error = parse_statement(text, Dialect::Oracle19).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    };
    check("", "ORA-00900: invalid SQL statement");
    check("select 1", "ORA-00923: FROM keyword not found where expected");
    check("select 1 from dual;", "ORA-00911: invalid character");
    check(
        "begin\n  x ‘a’;\nend;",
        "ORA-06550: line 2, column 5:\nPLS-00103: Encountered the symbol \"‘\" when expecting one of the following:",
    );
    check(
        "begin select from t; end;",
        "ORA-06550: line 1, column 14:\nPL/SQL: ORA-00936: missing expression",
    );
    check("begin pipe row (1); end;", "the sandbox cannot run pipelined functions (line 1, column 7)");
    assert!(parse_query("select 1", Dialect::Oracle23).is_ok());
    assert_eq!(parse_query("delete from t", Dialect::Oracle19).unwrap_err().code, Code::Ora(900));
    assert!(parse_block("begin null; end;", Dialect::Oracle19).is_ok());
}

/// The operators of an expression with all their brackets.
fn shape(expression: &Expression) -> String {
    match &expression.kind {
        ExpressionKind::Binary { operator, left, right } => {
            format!("({operator:?} {} {})", shape(left), shape(right))
        }
        ExpressionKind::Unary { operator, operand } => format!("({operator:?} {})", shape(operand)),
        ExpressionKind::Between { operand, low, high, .. } => {
            format!("(Between {} {} {})", shape(operand), shape(low), shape(high))
        }
        ExpressionKind::IsNull { operand, .. } => format!("(IsNull {})", shape(operand)),
        ExpressionKind::InList { operand, list, .. } => {
            format!("(In {} {})", shape(operand), list.iter().map(shape).collect::<Vec<_>>().join(" "))
        }
        ExpressionKind::AtTimeZone { operand, .. } => format!("(At {})", shape(operand)),
        ExpressionKind::Member { base, field } => format!("(Member {} {field})", shape(base)),
        _ => expression.to_string(),
    }
}

#[test]
fn operators_bind_as_oracle_binds_them() {
    let check = |text: &str, expected: &str| {
        assert_eq!(shape(&parse_expression(text, Dialect::Oracle23).unwrap()), expected, "{text}");
    };
    check("a or b and not c = 1", "(Or A (And B (Not (Equal C 1))))");
    check("not a = 1 and b = 2", "(And (Not (Equal A 1)) (Equal B 2))");
    check("1 + 2 * 3 - 4", "(Subtract (Add 1 (Multiply 2 3)) 4)");
    check("a || b + c || d", "(Concatenate (Add (Concatenate A B) C) D)");
    check("a - b - c / d / e", "(Subtract (Subtract A B) (Divide (Divide C D) E))");
    check("-a * b", "(Multiply (Minus A) B)");
    check("-a + -(b - c)", "(Add (Minus A) (Minus (Subtract B C)))");
    check("a between 1 and 2 and b in (1, c)", "(And (Between A 1 2) (In B 1 C))");
    check("a + 1 is null or b is null", "(Or (IsNull (Add A 1)) (IsNull B))");
    check("a + b at time zone 'UTC' > c", "(Greater (Add A (At B)) C)");
    check("prior a = b", "(Equal (Prior A) B)");
    check("f(1).b.c + g", "(Add (Member (Member F(1) B) C) G)");
}

#[test]
fn binds_are_listed_in_the_order_of_the_text() {
    let check = |text: &str, expected: &[&str]| {
        let statement = parse_statement(text, Dialect::Oracle19).unwrap();
        let names: Vec<&str> = statement.binds.iter().map(|bind| bind.name.as_str()).collect();
        assert_eq!(names, expected, "{text}");
    };
    check(
        "select :b, json_object('k':v, 'm':1.5, 'n':2, 'o':\"q\", 'l' : :a) from t where x = :B",
        &["B", "A", "B"],
    );
    check("begin :1 := f(:x, q'[:no]'); /* :no */ delete from t where a = :\"y\"; end;", &["1", "X", "y"]);
    check("create trigger t before insert on o for each row begin :new.a := 1; end;", &[]);
}

#[test]
fn errors_of_stored_source_are_counted_as_user_errors_counts_them() {
    let text = "create or replace procedure p is\nbegin\n  x := ;\nend;";
    let Ok(Statement { kind: StatementKind::CreateSource(create), .. }) =
        parse_statement(text, Dialect::Oracle19)
    else {
        panic!("a wrong procedure is created all the same");
    };
    assert!(create.source.starts_with("procedure p is"));
    let error = create.body.clone().unwrap_err();
    assert_eq!(create.relative(error.line, error.column), (3, 8));
    let text = "create trigger t before insert on x for each row\nbegin\n  foo bar;\nend;";
    let Ok(Statement { kind: StatementKind::CreateSource(create), .. }) =
        parse_statement(text, Dialect::Oracle19)
    else {
        panic!("a wrong trigger is created all the same");
    };
    assert_eq!(create.relative(3, 7), (2, 7));
}

#[test]
fn scripts_are_cut_as_sqlplus_cuts_them() {
    let script = "set define off\nselect 'a;b' from dual;\n-- note; here\nbegin\n  x := q'[;\n/\n]';\nend;\n/\n\
        prompt it's done\ncreate or replace trigger t\nbefore insert on x\nbegin null; end;\n/\n\
        update t set a = 1\n/\n/\ncommit; rollback;\nset role none;\nexec p(1, -\n  2)\nselect 1 \"a;\" from dual";
    let pieces: Vec<(PieceKind, String, u32, u32)> = split(script)
        .into_iter()
        .map(|piece| (piece.kind, piece.text, piece.start_line, piece.end_line))
        .collect();
    let expected = [
        (PieceKind::Command, "set define off", 1, 1),
        (PieceKind::Sql, "select 'a;b' from dual", 2, 2),
        (PieceKind::Plsql, "begin\n  x := q'[;\n/\n]';\nend;", 4, 8),
        (PieceKind::Command, "prompt it's done", 10, 10),
        (PieceKind::Plsql, "create or replace trigger t\nbefore insert on x\nbegin null; end;", 11, 13),
        (PieceKind::Sql, "update t set a = 1", 15, 15),
        (PieceKind::Command, "/", 17, 17),
        (PieceKind::Sql, "commit", 18, 18),
        (PieceKind::Sql, "rollback", 18, 18),
        (PieceKind::Sql, "set role none", 19, 19),
        (PieceKind::Command, "exec p(1, -\n  2)", 20, 21),
        (PieceKind::Sql, "select 1 \"a;\" from dual", 22, 22),
    ];
    let expected: Vec<(PieceKind, String, u32, u32)> =
        expected.into_iter().map(|(kind, text, start, end)| (kind, text.to_owned(), start, end)).collect();
    assert_eq!(pieces, expected);
}

/// Parses in every way; the result does not matter, coming back does.
fn survive(text: &str) {
    for dialect in [Dialect::Oracle19, Dialect::Oracle23] {
        drop(parse_statement(text, dialect));
        drop(parse_block(text, dialect));
        if let Ok(query) = parse_query(text, dialect) {
            check_round_trip(&query, dialect);
        }
        drop(parse_expression(text, dialect));
    }
    for piece in split(text) {
        assert!(text[piece.offset..].starts_with(&piece.text));
    }
}

static CORPUS_PIECES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let texts = corpus("accept").into_iter().chain(corpus("reject"));
    texts.flat_map(|(_, text)| split(&text)).map(|piece| piece.text).collect()
});

fn fragment() -> impl Strategy<Value = String> {
    let words = [
        "select ",
        "from ",
        "where ",
        "begin ",
        "end",
        ";",
        "(",
        ")",
        ",",
        "'",
        "\"",
        "q'[",
        "--",
        "/*",
        "*/",
        ":a",
        ":=",
        "||",
        "case ",
        "when ",
        "create ",
        "table ",
        "grant ",
        "1..2",
        "1e",
        ".",
        "@",
        "%",
        "‘",
        "\n/\n",
        "is ",
        "not ",
        "in ",
        "loop ",
        "if ",
        "json_object(",
        "over (",
        "declare ",
        "procedure ",
        "a",
        " ",
        "\u{a0}",
        "0.5d",
    ];
    proptest::sample::select(words.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_survived(text in "\\PC{0,200}") {
        survive(&text);
    }

    #[test]
    fn words_in_any_order_are_survived(words in proptest::collection::vec(fragment(), 0..60)) {
        survive(&words.concat());
    }

    #[test]
    fn mutated_corpus_texts_are_survived(
        index in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        length in 0_usize..40,
        insert in fragment(),
    ) {
        let letters: Vec<char> = index.get(CORPUS_PIECES.as_slice()).chars().collect();
        let start = cut.index(letters.len() + 1);
        let end = (start + length).min(letters.len());
        let mutated: String = letters[..start].iter().collect::<String>()
            + &insert
            + &letters[end..].iter().collect::<String>();
        survive(&mutated);
    }
}

/// Text of `tree` parses to `tree` again.
fn check_round_trip(tree: &Query, dialect: Dialect) {
    let text = tree.to_string();
    match parse_query(&text, dialect) {
        Ok(again) => assert!(&again == tree, "another tree: {text}\n{again}"),
        // Brackets that are shown for safety may nest too deeply.
        Err(error) => assert_eq!(error.code, Code::Unsupported, "{error}\n{text}"),
    }
}

#[test]
fn queries_of_the_corpus_survive_being_shown() {
    let mut count = 0;
    for (_, text) in corpus("accept") {
        for piece in split(&text) {
            let statement = parse_statement(&piece.text, dialect(&text)).map(|statement| statement.kind);
            let query = match statement {
                Ok(StatementKind::Query(query)) => *query,
                Ok(StatementKind::CreateView(view)) => view.query,
                _ => continue,
            };
            count += 1;
            check_round_trip(&query, dialect(&text));
        }
    }
    assert!(count >= 50, "only {count} queries were found");
}

fn name_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z][a-z0-9_$#]{0,8}x", "\"[^\"\\x00]{1,10}\"", "[a-z]{1,3}x\\.[a-z]{1,3}x"]
}

fn value_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        name_text(),
        "[0-9]{1,4}(\\.[0-9]{1,3})?(e-?[0-9]{1,2})?",
        "'([^']|''){0,10}'",
        "q'\\[[^\\]]{0,10}\\]'",
        ":[a-z]{1,3}x",
        ":[0-9]{1,2}",
        Just("null".to_owned()),
        Just("sysdate".to_owned()),
        Just("date '2026-05-19'".to_owned()),
        Just("interval '1' day (3) to second (2)".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        let condition = condition_text(inner.clone());
        prop_oneof![
            (pair.clone(), proptest::sample::select(vec!["+", "-", "*", "/", "||"]))
                .prop_map(|((left, right), operator)| format!("{left} {operator} {right}")),
            inner.clone().prop_map(|value| format!("({value})")),
            inner.clone().prop_map(|value| format!("- {value}")),
            inner.clone().prop_map(|value| format!("cast({value} as number(5, 2))")),
            inner.clone().prop_map(|value| format!("trim(leading '0' from {value})")),
            inner.clone().prop_map(|value| format!("(select max({value}) from t where rownum = 1)")),
            inner.clone().prop_map(|value| format!(
                "json_object('k' value {value}, key {value} value 1 null on null)"
            )),
            inner.clone().prop_map(|value| format!("({value}) at time zone 'UTC'")),
            pair.prop_map(|(left, right)| format!("nvl({left}, b => {right})")),
            (condition, inner.clone(), inner)
                .prop_map(|(condition, yes, no)| format!("case when {condition} then {yes} else {no} end")),
        ]
    })
}

fn condition_text(value: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = String> {
    let compared = (value.clone(), value.clone(), value);
    let leaf = (compared, 0_usize..9).prop_map(|((a, b, c), form)| match form {
        0 => format!("{a} = {b}"),
        1 => format!("{a} != {b}"),
        2 => format!("{a} not between {b} and {c}"),
        3 => format!("{a} in ({b}, {c})"),
        4 => format!("{a} like {b} escape {c}"),
        5 => format!("{a} is not null"),
        6 => format!("({a}, {b}) in (select {c}, 1 from dual)"),
        7 => format!("exists (select {a} from t where {b} > {c})"),
        _ => format!("{a} >= any ({b}, {c})"),
    });
    leaf.prop_recursive(3, 12, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            pair.clone().prop_map(|(left, right)| format!("{left} and {right}")),
            pair.prop_map(|(left, right)| format!("{left} or {right}")),
            inner.clone().prop_map(|condition| format!("not {condition}")),
            inner.prop_map(|condition| format!("({condition})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expressions_survive_being_shown(value in value_text(), condition in condition_text(name_text().boxed())) {
        let text = format!("select {value} from t where {condition}");
        match parse_query(&text, Dialect::Oracle19) {
            Ok(query) => check_round_trip(&query, Dialect::Oracle19),
            Err(error) => prop_assert_eq!(error.code, Code::Unsupported, "{}\n{}", error, text),
        }
    }
}
