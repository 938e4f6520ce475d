//! The filters of expressions: one table, from which they are registered and documented.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Environment;
use minijinja::value::{Kwargs, Rest, ValueKind};
use serde_json::Value;

use super::masks::{as_columns, masks};
use super::names::{as_tables, encoded, folded, owners, qualified, segment};
use super::network;

/// A filter that runbooks can use beside those of the language.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// What it gives.
    pub gives: &'static str,
    add: fn(&mut Environment<'static>, &'static str),
}

impl Filter {
    /// Makes it known to an environment.
    pub(super) fn register(self, environment: &mut Environment<'static>) {
        (self.add)(environment, self.name);
    }
}

/// All filters, by what they work on.
pub const FILTERS: &[Filter] = &[
    Filter {
        name: "columns",
        usage: "rows | columns('owner', 'name')",
        gives: "each row with these members only",
        add: |environment, name| {
            environment
                .add_filter(name, |rows: minijinja::Value, names: Rest<String>| columns(&rows, &names));
        },
    },
    Filter {
        name: "lacking",
        usage: "rows | lacking(others, 'owner', 'name')",
        gives: "the rows, with these members, that `others` does not have",
        add: |environment, name| {
            environment.add_filter(
                name,
                |rows: minijinja::Value, others: minijinja::Value, names: Rest<String>| {
                    chosen(&rows, &others, &names, false)
                },
            );
        },
    },
    Filter {
        name: "among",
        usage: "rows | among(others, 'owner', 'name')",
        gives: "the rows, with these members, that it has",
        add: |environment, name| {
            environment.add_filter(
                name,
                |rows: minijinja::Value, others: minijinja::Value, names: Rest<String>| {
                    chosen(&rows, &others, &names, true)
                },
            );
        },
    },
    Filter {
        name: "without",
        usage: "rows | without(others, 'owner', 'name')",
        gives: "the whole rows whose members of these names `others` does not have",
        add: |environment, name| {
            environment.add_filter(
                name,
                |rows: minijinja::Value, others: minijinja::Value, names: Rest<String>| {
                    without(&rows, &others, &names)
                },
            );
        },
    },
    Filter {
        name: "filled",
        usage: "rows | filled(uri='p/f{id}.sql', over=0)",
        gives: "each row with these members too; `{id}` in a text stands for the row's member `id`",
        add: |environment, name| {
            environment.add_filter(name, |rows: minijinja::Value, members: Kwargs| filled(&rows, &members));
        },
    },
    Filter {
        name: "joined",
        usage: "rows | joined(others, 'id')",
        gives: "each row with the members of that one of `others` that is equal in these",
        add: |environment, name| {
            environment.add_filter(
                name,
                |rows: minijinja::Value, others: minijinja::Value, names: Rest<String>| {
                    joined(&rows, &others, &names)
                },
            );
        },
    },
    Filter {
        name: "renamed",
        usage: "rows | renamed(map, 'owner')",
        gives: "each row with what these members hold replaced by what `map` has for it",
        add: |environment, name| {
            environment.add_filter(
                name,
                |rows: minijinja::Value, map: minijinja::Value, names: Rest<String>| {
                    renamed(&rows, &map, &names)
                },
            );
        },
    },
    Filter {
        name: "values_of",
        usage: "map | values_of",
        gives: "what an object's members hold, as a list",
        add: |environment, name| {
            environment.add_filter(name, |map: minijinja::Value| {
                map.try_iter()?.map(|name| map.get_item(&name)).collect::<Result<Vec<_>, _>>()
            });
        },
    },
    Filter {
        name: "folded",
        usage: "names | folded",
        gives: "a name, a list of names, or the names of an object's members as the database keeps them: upper case unless they stand in double quotes",
        add: |environment, name| {
            environment.add_filter(name, |names: &minijinja::Value| each_text(names, folded));
        },
    },
    Filter {
        name: "folded_values",
        usage: "map | folded_values",
        gives: "an object whose members hold names, these as the database keeps them",
        add: |environment, name| {
            environment.add_filter(name, folded_values);
        },
    },
    Filter {
        name: "qualified",
        usage: "names | qualified",
        gives: "the same for dotted names such as `SCHEMA.TABLE`, in double quotes where they need them",
        add: |environment, name| {
            environment.add_filter(name, |names: &minijinja::Value| each_text(names, qualified));
        },
    },
    Filter {
        name: "segment",
        usage: "text | segment",
        gives: "a piece of an object's name that needs no encoding; of a list, of each",
        add: |environment, name| {
            environment.add_filter(name, |names: &minijinja::Value| each_text(names, segment));
        },
    },
    Filter {
        name: "encoded",
        usage: "name | encoded",
        gives: "an object's name, or a prefix, as it stands in an address",
        add: |environment, name| {
            environment.add_filter(name, |names: &minijinja::Value| each_text(names, encoded));
        },
    },
    Filter {
        name: "owners",
        usage: "tables | owners",
        gives: "the schemas of a list of `SCHEMA.TABLE`, each once",
        add: |environment, name| {
            environment.add_filter(name, |names: &minijinja::Value| of_names(owners, names));
        },
    },
    Filter {
        name: "as_tables",
        usage: "tables | as_tables",
        gives: "a list of `SCHEMA.TABLE` as objects with `schema` and `table`",
        add: |environment, name| {
            environment.add_filter(name, |names: &minijinja::Value| of_names(as_tables, names));
        },
    },
    Filter {
        name: "as_columns",
        usage: "rules | as_columns",
        gives: "rules of masking, or a list of `SCHEMA.TABLE.COLUMN`, as objects with `schema`, `table`, `column`, `name`, `rule`, `own`",
        add: |environment, name| {
            environment.add_filter(name, |rules: &minijinja::Value| of_names(as_columns, rules));
        },
    },
    Filter {
        name: "masks",
        usage: "rules | masks('OWNER.PACKAGE')",
        gives: "rules of masking as the functions of columns that a `data-pump` step takes",
        add: |environment, name| {
            environment.add_filter(name, |rules: &minijinja::Value, package: &minijinja::Value| {
                of_json(masks, rules, package)
            });
        },
    },
    Filter {
        name: "names_of",
        usage: "entries | names_of",
        gives: "the names in a list of texts, or of objects with `name`",
        add: |environment, name| {
            environment.add_filter(name, |entries: &minijinja::Value| {
                let name = |entry: minijinja::Value| {
                    if entry.as_str().is_some() { Ok(entry) } else { entry.get_attr("name") }
                };
                entries.try_iter()?.map(name).collect::<Result<Vec<_>, _>>().map(minijinja::Value::from)
            });
        },
    },
    Filter {
        name: "parsed",
        usage: "text | parsed",
        gives: "what a text of JSON holds, such as a bind that a block gives back",
        add: |environment, name| {
            environment.add_filter(name, |text: &str| {
                let value: Value =
                    serde_json::from_str(text).map_err(|e| wrong(format!("it is no JSON: {e}")))?;
                Ok::<_, minijinja::Error>(minijinja::Value::from(minijinja::value::Serde(&value)))
            });
        },
    },
    Filter {
        name: "overlaid",
        usage: "recorded | overlaid(given)",
        gives: "a database's network as recorded, with what was given in its place",
        add: |environment, name| {
            environment.add_filter(name, |recorded: &minijinja::Value, given: &minijinja::Value| {
                of_json(network::overlaid, recorded, given)
            });
        },
    },
    Filter {
        name: "as_far_as",
        usage: "found | as_far_as(wanted)",
        gives: "a database's network, compared only where something is wanted",
        add: |environment, name| {
            environment.add_filter(name, |found: &minijinja::Value, wanted: &minijinja::Value| {
                of_json(network::as_far_as, found, wanted)
            });
        },
    },
];

/// What is made of a list of names.
type OfNames = fn(&Value) -> Result<Value, String>;

fn of_names(work: OfNames, names: &minijinja::Value) -> Result<minijinja::Value, minijinja::Error> {
    let json = serde_json::to_value(names).map_err(|e| wrong(e.to_string()))?;
    let made = work(&json).map_err(wrong)?;
    Ok(minijinja::Value::from(minijinja::value::Serde(&made)))
}

/// The rows, with these members only, that `others` has, or does not have.
fn chosen(
    rows: &minijinja::Value,
    others: &minijinja::Value,
    names: &[String],
    wanted: bool,
) -> Result<Vec<minijinja::Value>, minijinja::Error> {
    // A set: a database can hold tens of thousands of grants.
    let others: BTreeSet<minijinja::Value> = columns(others, names)?.into_iter().collect();
    let mut rows = columns(rows, names)?;
    rows.retain(|row| others.contains(row) == wanted);
    Ok(rows)
}

fn without(
    rows: &minijinja::Value,
    others: &minijinja::Value,
    names: &[String],
) -> Result<Vec<minijinja::Value>, minijinja::Error> {
    let others: BTreeSet<minijinja::Value> = columns(others, names)?.into_iter().collect();
    let keys = columns(rows, names)?;
    let kept = rows.try_iter()?.zip(keys).filter(|(_, key)| !others.contains(key));
    Ok(kept.map(|(row, _)| row).collect())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands values over to filters that stand by name"
)]
fn folded_values(map: minijinja::Value) -> Result<minijinja::Value, minijinja::Error> {
    let members = map.try_iter()?.map(|name| {
        let value = map.get_item(&name)?;
        let text = value.as_str().ok_or_else(|| wrong(format!("{value} is no text")))?;
        Ok((name.to_string(), minijinja::Value::from(folded(text))))
    });
    members.collect::<Result<BTreeMap<_, _>, minijinja::Error>>().map(minijinja::Value::from)
}

fn wrong(reason: String) -> minijinja::Error {
    minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, reason)
}

/// A text, the texts of a list, or the names of an object's members, each changed.
fn each_text(
    value: &minijinja::Value,
    change: fn(&str) -> String,
) -> Result<minijinja::Value, minijinja::Error> {
    let text = |value: &minijinja::Value| {
        value.as_str().map(change).ok_or_else(|| wrong(format!("{value} is no text")))
    };
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter()?.map(|item| text(&item)).collect::<Result<Vec<_>, _>>().map(Into::into)
        }
        ValueKind::Map => {
            let mut members = BTreeMap::new();
            for name in value.try_iter()? {
                let changed = text(&name)?;
                if members.insert(changed.clone(), value.get_item(&name)?).is_some() {
                    return Err(wrong(format!("two of its names are {changed}")));
                }
            }
            Ok(members.into())
        }
        _ => text(value).map(Into::into),
    }
}

/// A filter over a function of JSON.
fn of_json(
    work: fn(&Value, &Value) -> Result<Value, String>,
    value: &minijinja::Value,
    argument: &minijinja::Value,
) -> Result<minijinja::Value, minijinja::Error> {
    let json = |value: &minijinja::Value| serde_json::to_value(value).map_err(|e| wrong(e.to_string()));
    let made = work(&json(value)?, &json(argument)?).map_err(wrong)?;
    Ok(minijinja::Value::from(minijinja::value::Serde(&made)))
}

/// The rows with what these members hold replaced by what it maps to, where it maps to something.
fn renamed(
    rows: &minijinja::Value,
    map: &minijinja::Value,
    names: &[String],
) -> Result<Vec<minijinja::Value>, minijinja::Error> {
    let of_row = |row: minijinja::Value| {
        let members = row.try_iter()?.map(|name| {
            let value = row.get_item(&name)?;
            let name = name.to_string();
            let mapped = if names.contains(&name) { map.get_item(&value)? } else { value.clone() };
            Ok((name, if mapped.is_undefined() { value } else { mapped }))
        });
        Ok(minijinja::Value::from(members.collect::<Result<BTreeMap<_, _>, minijinja::Error>>()?))
    };
    rows.try_iter()?.map(of_row).collect()
}

/// Each row with further members. In a text, `{name}` stands for the row's member of that name.
fn filled(rows: &minijinja::Value, members: &Kwargs) -> Result<Vec<minijinja::Value>, minijinja::Error> {
    let wanted: Vec<(&str, minijinja::Value)> =
        members.args().map(|name| Ok((name, members.get(name)?))).collect::<Result<_, minijinja::Error>>()?;
    let of_row = |row: minijinja::Value| {
        let mut whole = row_of(&row)?;
        for (name, value) in &wanted {
            let mut value = value.clone();
            for (member, held) in row_of(&row)? {
                let place = format!("{{{member}}}");
                match value.as_str() {
                    Some(text) if text == place => value = held,
                    Some(text) if text.contains(&place) => {
                        value = text.replace(&place, &held.to_string()).into();
                    }
                    _ => {}
                }
            }
            whole.insert((*name).to_owned(), value);
        }
        Ok(minijinja::Value::from(whole))
    };
    rows.try_iter()?.map(of_row).collect()
}

fn row_of(row: &minijinja::Value) -> Result<BTreeMap<String, minijinja::Value>, minijinja::Error> {
    row.try_iter()?.map(|name| Ok((name.to_string(), row.get_item(&name)?))).collect()
}

/// Each row with the members of the first of `others` that is equal in the members of these names, where there is one.
fn joined(
    rows: &minijinja::Value,
    others: &minijinja::Value,
    names: &[String],
) -> Result<Vec<minijinja::Value>, minijinja::Error> {
    let keys = columns(others, names)?;
    let found: Vec<_> = keys.into_iter().zip(others.try_iter()?).collect();
    let mine = columns(rows, names)?;
    let of_row = |(row, key): (minijinja::Value, minijinja::Value)| {
        let mut whole = row_of(&row)?;
        if let Some((_, other)) = found.iter().find(|(other, _)| *other == key) {
            whole.extend(row_of(other)?);
        }
        Ok(minijinja::Value::from(whole))
    };
    rows.try_iter()?.zip(mine).map(of_row).collect()
}

/// The members of these names of each row; without names the rows as they are. A row without such a member has null.
fn columns(rows: &minijinja::Value, names: &[String]) -> Result<Vec<minijinja::Value>, minijinja::Error> {
    rows.try_iter()?
        .map(|row| {
            if names.is_empty() {
                return Ok(row);
            }
            let members = names.iter().map(|name| {
                let member = row.get_attr(name)?;
                let member = if member.is_undefined() { minijinja::Value::from(()) } else { member };
                Ok((name.clone(), member))
            });
            Ok(minijinja::Value::from(members.collect::<Result<BTreeMap<_, _>, minijinja::Error>>()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Expression;
    use super::*;

    #[test]
    fn the_table_of_filters_stands_in_the_docs() {
        let docs = include_str!("../../docs/runbooks.md");
        for Filter { name, usage, gives, .. } in FILTERS {
            assert!(usage.contains(&format!("| {name}")), "{usage}");
            let row = format!("| `{}` | {gives} |", usage.replace('|', "\\|"));
            assert!(docs.lines().any(|line| line == row), "docs/runbooks.md wants the row\n{row}");
        }
        let rows = docs.lines().filter(|line| line.starts_with("| `") && line.contains(" \\| ")).count();
        assert_eq!(rows, FILTERS.len(), "docs/runbooks.md has a filter that is not there");
    }

    #[test]
    fn names() {
        fn check(expression: &str, wanted: &Value) {
            let found = Expression::parse(expression).and_then(|e| e.evaluate(&json!({})));
            assert_eq!(found.unwrap_or_else(|e| json!(e.reason())), *wanted, "{expression}");
        }
        check("'sales' | folded", &json!("SALES"));
        check("['a', '\"b\"'] | folded", &json!(["A", "b"]));
        check("{ 'a': 'x', 'b': 'y' } | folded | folded_values", &json!({ "A": "X", "B": "Y" }));
        check("{ 'a': 'x', 'A': 'y' } | folded", &json!("invalid operation: two of its names are A"));
        check("{ 'a': 1, 'b': 2 } | values_of", &json!([1, 2]));
        check("'a b/c%.json' | encoded", &json!("a%20b/c%25.json"));
    }
}
