//! From syntax to a bound tree: every name becomes a place, every type is known, every conversion is written out.
//!
//! *Owns*: name resolution, privileges at bind time, type rules, the errors of compilation.
//! *Never*: reads rows.
//! *Start reading at*: `Binder`.
//! *To add one*: an expression in `expression.rs`, a function in `functions/`, a clause in `query.rs`.
#![expect(
    clippy::similar_names,
    clippy::match_same_arms,
    clippy::unused_self,
    clippy::needless_pass_by_value,
    clippy::type_complexity,
    clippy::large_enum_variant,
    clippy::if_same_then_else,
    reason = "each rule of the language is written where it is looked for, with the operands in its hands"
)]

mod aggregate;
mod call;
mod column;
mod condition;
mod data_type;
mod dml;
mod expression;
mod json;
mod merge;
mod names;
mod query;
mod select;
mod source;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::catalogue::{Authority, Catalogue, Object};
use super::error::{OracleError, Outcome};
use super::language::ast;
use super::language::{Code, LanguageError, Span};
use super::plan::{AggregatePlan, Expr, Node, WindowPlan};
use super::plsql::code::{Declared, Place, Root, Unit};
use super::values::Type;

pub(crate) use dml::{DeletePlan, InsertPlan, InsertRows, MergePlan, TargetPlan, UpdatePlan};
pub(crate) use names::Resolved;
pub(crate) use source::{json_width, slots_of};

/// Compiled units and parsed views, kept while the dictionary stays as it is.
#[derive(Debug, Default)]
pub(crate) struct Units {
    pub(crate) compiled: HashMap<i64, Arc<Unit>>,
    pub(crate) views: HashMap<i64, Arc<(ast::Query, String)>>,
    pub(crate) in_progress: Vec<i64>,
    pub(crate) numbers: u64,
}

/// One row source in scope.
#[derive(Clone, Debug)]
pub(crate) struct ScopeSource {
    pub(crate) alias: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) columns: Vec<ScopeColumn>,
    pub(crate) rowid: Option<usize>,
}

/// A column in scope.
#[derive(Clone, Debug)]
pub(crate) struct ScopeColumn {
    pub(crate) name: String,
    pub(crate) of: Type,
    pub(crate) slot: usize,
    pub(crate) nullable: bool,
    pub(crate) hidden: bool,
}

/// The names a query sees, and what is collected while it is bound.
#[derive(Debug, Default)]
pub(crate) struct QueryScope {
    pub(crate) sources: Vec<ScopeSource>,
    pub(crate) slots: usize,
    pub(crate) rownum: Option<usize>,
    pub(crate) level: Option<usize>,
    pub(crate) leaf: Option<usize>,
    pub(crate) hierarchical: bool,
    pub(crate) in_connect: bool,
    pub(crate) paths: Vec<(usize, Expr, Option<String>)>,
    pub(crate) aggregates: Vec<(usize, AggregatePlan, Type)>,
    pub(crate) windows: Vec<(WindowPlan, Type)>,
    pub(crate) aggregates_allowed: bool,
    pub(crate) windows_allowed: bool,
    /// Columns merged by USING or NATURAL: unqualified they mean the first source's.
    pub(crate) merged: Vec<(String, Expr)>,
    /// Sources marked `(+)` under the condition being bound.
    pub(crate) outer_marks: Vec<usize>,
}

impl QueryScope {
    pub(crate) fn new_slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }
}

/// A WITH query in scope.
#[derive(Clone, Debug)]
pub(crate) struct CommonScope {
    pub(crate) name: String,
    pub(crate) number: u64,
    pub(crate) columns: Vec<(String, Type)>,
}

/// The scopes of one subprogram, innermost block last.
#[derive(Debug, Default)]
pub(crate) struct CodeScope {
    pub(crate) blocks: Vec<HashMap<String, Declared>>,
    pub(crate) slots: usize,
    pub(crate) name: Option<String>,
}

/// Bind variables by name, with the types they were given.
#[derive(Clone, Debug, Default)]
pub(crate) struct BindNames {
    pub(crate) names: Vec<(String, Type)>,
    /// Each mention of a positional bind is a bind of its own, in order.
    pub(crate) positional: bool,
    pub(crate) used: usize,
    /// How often each is read, and whether something is put into it.
    pub(crate) uses: Vec<(u32, bool)>,
}

impl BindNames {
    fn entry(&mut self, at: usize) -> &mut (u32, bool) {
        if self.uses.len() <= at {
            self.uses.resize(at + 1, (0, false));
        }
        &mut self.uses[at]
    }

    /// A mention that counted as a look at a bind is a place to put something; `read` says whether it is both.
    pub(crate) fn put(&mut self, place: &Place, read: bool) {
        if let Root::Bind(at) = place.root {
            let entry = self.entry(at);
            entry.1 = true;
            if !read {
                entry.0 = entry.0.saturating_sub(1);
            }
        }
    }
}

/// Binds one unit of text.
pub(crate) struct Binder<'a> {
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) units: &'a mut Units,
    pub(crate) authority: Authority,
    /// The schema unqualified names are looked up in.
    pub(crate) schema: String,
    pub(crate) text: String,
    pub(crate) queries: Vec<QueryScope>,
    pub(crate) common: Vec<CommonScope>,
    pub(crate) code: Vec<CodeScope>,
    /// The unit being compiled and its package scope.
    pub(crate) unit: Option<i64>,
    pub(crate) package: HashMap<String, Declared>,
    pub(crate) binds: BindNames,
    pub(crate) in_sql: bool,
    pub(crate) depends: BTreeSet<i64>,
    /// The outermost query scope a column was found in since this was last set.
    pub(crate) lowest: usize,
    /// Set inside a view: no PL/SQL names, no binds.
    pub(crate) in_view: bool,
    pub(crate) routines: Vec<super::plsql::code::Routine>,
    pub(crate) user_exceptions: u64,
}

impl<'a> Binder<'a> {
    /// A binder for statements of a user.
    pub(crate) fn new(
        catalogue: Arc<Catalogue>,
        units: &'a mut Units,
        authority: Authority,
        schema: &str,
        text: &str,
    ) -> Self {
        Self {
            catalogue,
            units,
            authority,
            schema: schema.to_owned(),
            text: text.to_owned(),
            queries: Vec::new(),
            common: Vec::new(),
            code: Vec::new(),
            unit: None,
            package: HashMap::new(),
            binds: BindNames::default(),
            in_sql: true,
            depends: BTreeSet::new(),
            lowest: usize::MAX,
            in_view: false,
            routines: Vec::new(),
            user_exceptions: 0,
        }
    }

    /// The compiled form of a stored unit, compiling it if need be.
    pub(crate) fn stored_unit(&mut self, id: i64) -> Outcome<Arc<Unit>> {
        if let Some(unit) = self.units.compiled.get(&id) {
            return Ok(unit.clone());
        }
        super::plsql::compile_stored(&self.catalogue, self.units, id)
    }

    /// The innermost query.
    pub(crate) fn scope(&mut self) -> &mut QueryScope {
        self.queries.last_mut().expect("a query is being bound")
    }

    /// A number no other WITH query or cache of this session has.
    pub(crate) fn fresh_number(&mut self) -> u64 {
        self.units.numbers += 1;
        self.units.numbers
    }

    /// Notes that what is bound depends on an object.
    pub(crate) fn note(&mut self, object: &Object) {
        self.depends.insert(object.id);
    }

    /// An error of the current language at a place: PLS in PL/SQL, ORA in SQL.
    pub(crate) fn wrong(&self, span: Span, pls: u32, pls_text: &str, ora: OracleError) -> OracleError {
        if self.in_sql {
            ora.at(span.line, span.column)
        } else {
            OracleError::compilation(span.line, span.column, &format!("PLS-{pls:05}: {pls_text}"))
        }
    }

    /// A PLS error.
    pub(crate) fn pls(span: Span, number: u32, text: &str) -> OracleError {
        OracleError::compilation(span.line, span.column, &format!("PLS-{number:05}: {text}"))
    }

    /// A bind variable's place.
    pub(crate) fn bind_variable(&mut self, bind: &ast::Bind) -> Outcome<Expr> {
        if self.in_view || self.unit.is_some_and(|id| id > 0) {
            return Err(Self::pls(bind.span, 49, &format!("bad bind variable '{}'", bind.name)));
        }
        let at = if self.binds.positional {
            self.binds.used += 1;
            self.binds.used - 1
        } else {
            let found = self.binds.names.iter().position(|(name, _)| *name == bind.name);
            found.ok_or_else(|| OracleError::new(1008, &[]).at(bind.span.line, bind.span.column))?
        };
        let Some((_, of)) = self.binds.names.get(at) else {
            return Err(OracleError::new(1008, &[]).at(bind.span.line, bind.span.column));
        };
        let of = of.clone();
        self.binds.entry(at).0 += 1;
        Ok(Expr { node: Node::Bind(at), of })
    }
}

/// A syntax error as the session reports it.
pub(crate) fn syntax_error(error: &LanguageError) -> OracleError {
    let made = match error.code {
        Code::Ora(number) => OracleError::with_text(i32::try_from(number).unwrap_or(900), &error.message),
        Code::Pls(number) => {
            OracleError::compilation(error.line, error.column, &format!("PLS-{number:05}: {}", error.message))
        }
        Code::SqlInPlsql(number) => OracleError::compilation(
            error.line,
            error.column,
            &format!("PL/SQL: ORA-{number:05}: {}", error.message),
        ),
        Code::Unsupported => {
            OracleError::with_text(3001, &format!("unimplemented feature: {}", error.message))
        }
    };
    made.at(error.line, error.column)
}
