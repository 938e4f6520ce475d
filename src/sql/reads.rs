//! Whether a statement is a plain read, as far as its text can tell.

use super::lexer::code_only;

/// Looks whether the text is a query that changes nothing by itself. What functions do that it calls cannot be told.
///
/// # Errors
/// Why it is none, in words.
pub fn reads_only(text: &str) -> Result<(), &'static str> {
    let code = words_of_code(text);
    let words: Vec<&str> = code.iter().map(String::as_str).collect();
    match words.as_slice() {
        // Code of its own may do anything, in a transaction of its own even in a query.
        _ if words
            .windows(2)
            .any(|pair| pair[0] == "with" && matches!(pair[1], "function" | "procedure")) =>
        {
            Err("a query with code of its own may change something")
        }
        _ if words.windows(2).any(|pair| pair == ["for", "update"]) => Err("a query for update locks rows"),
        ["select" | "with", ..] => Ok(()),
        _ => Err("a query begins with select or with"),
    }
}

/// The words of SQL text outside comments, literals and quoted names, in small letters.
fn words_of_code(text: &str) -> Vec<String> {
    let code = code_only(text).to_lowercase();
    let words = code.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '#')));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_reads() {
        fn check(text: &str, plain: bool) {
            assert_eq!(reads_only(text).is_ok(), plain, "{text}");
        }
        check("select 1 from dual", true);
        check("(select 1 from dual) union all select 2 from dual", true);
        check("-- for update\nselect 'for update' \"for update\" from dual", true);
        check("with a as (select 1 x from dual) select * from a", true);
        check("select * from t for\n update of a", false);
        check("with function f return number is begin return 1; end; select f from dual", false);
        check("delete from t", false);
        check("", false);
    }
}
