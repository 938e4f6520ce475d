//! What a name means: variables, packages, tables, synonyms.

use std::sync::Arc;

use super::Binder;
use super::data_type::written_name;
use crate::sandbox::oracle::catalogue::{Body, Kind, Object};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::Span;
use crate::sandbox::oracle::language::ast::Name;
use crate::sandbox::oracle::plan::{Expr, Node};
use crate::sandbox::oracle::plsql::code::{Declared, Home};
use crate::sandbox::oracle::values::Type;

/// What a PL/SQL name was found to be.
#[derive(Clone, Debug)]
pub(crate) enum Resolved {
    /// Something declared, and where.
    Declared(Declared, Home),
    /// A stored unit.
    Unit(Arc<Object>),
}

impl Binder<'_> {
    /// What a name of PL/SQL means; none if nothing of the kind exists. Fields of records are followed.
    pub(crate) fn resolve(&mut self, name: &Name) -> Outcome<Option<Resolved>> {
        if name.link.is_some()
            || self.in_view && self.unit.is_none() && self.code.is_empty() && name.parts.len() == 1
        {
            return self.resolve_stored(name);
        }
        let first = &name.parts[0].text;
        let mut found = None;
        for (out, frame) in self.code.iter().rev().enumerate() {
            if let Some(declared) = frame.blocks.iter().rev().find_map(|block| block.get(first)) {
                found = Some((declared.clone(), Home::Frame(out)));
                break;
            }
            if frame.name.as_ref() == Some(first) && name.parts.len() > 1 {
                // A variable qualified by its subprogram's name.
                let second = &name.parts[1].text;
                if let Some(declared) = frame.blocks.iter().rev().find_map(|block| block.get(second)) {
                    let rest = name.parts[2..].iter().map(|part| part.text.clone()).collect::<Vec<_>>();
                    return Ok(Some(Self::follow(declared.clone(), Home::Frame(out), &rest)));
                }
            }
        }
        if found.is_none()
            && let Some(declared) = self.package.get(first)
        {
            found = Some((declared.clone(), Home::Own));
        }
        if let Some((declared, home)) = found {
            let rest: Vec<String> = name.parts[1..].iter().map(|part| part.text.clone()).collect();
            if rest.is_empty() {
                return Ok(Some(Resolved::Declared(declared, home)));
            }
            return match &declared {
                Declared::Variable { of: Type::Record(_) | Type::Object(_), .. } => {
                    Ok(Some(Self::follow(declared, home, &rest)))
                }
                _ => Ok(None),
            };
        }
        self.resolve_stored(name)
    }

    fn follow(declared: Declared, home: Home, rest: &[String]) -> Resolved {
        let mut steps = Vec::new();
        let (root, mut of) = match &declared {
            Declared::Variable { of, slot, .. } => (*slot, of.clone()),
            _ => return Resolved::Declared(declared, home),
        };
        for field in rest {
            let (Type::Record(record) | Type::Object(record)) = &of else {
                return Resolved::Declared(Declared::Nothing, home);
            };
            let Some(at) = record.fields.iter().position(|(name, _)| name == field) else {
                return Resolved::Declared(Declared::Nothing, home);
            };
            steps.push(at);
            let next = record.fields[at].1.clone();
            of = next;
        }
        if steps.is_empty() {
            return Resolved::Declared(declared, home);
        }
        Resolved::Declared(Declared::Field { slot: root, steps, of, root: Box::new(declared) }, home)
    }

    fn resolve_stored(&mut self, name: &Name) -> Outcome<Option<Resolved>> {
        if name.link.is_some() {
            return Err(
                OracleError::unsupported("call through a database link").at(name.span.line, name.span.column)
            );
        }
        let parts: Vec<&str> = name.parts.iter().map(|part| part.text.as_str()).collect();
        // Schema objects first as an unqualified first part, then as a schema name.
        if let Some(object) = self.find_unit(None, parts[0])
            && let Some(found) = self.member(&object, &parts[1..])?
        {
            return Ok(Some(found));
        }
        if parts.len() > 1
            && self.catalogue.schema(parts[0]).is_some()
            && let Some(object) = self.find_unit(Some(parts[0]), parts[1])
        {
            return self.member(&object, &parts[2..]);
        }
        Ok(None)
    }

    /// A PL/SQL unit or type by name, through synonyms, if the user may use it.
    fn find_unit(&mut self, owner: Option<&str>, name: &str) -> Option<Arc<Object>> {
        let owners: Vec<String> = match owner {
            Some(owner) => vec![owner.to_owned()],
            None => vec![self.schema.clone(), "PUBLIC".into()],
        };
        for owner in owners {
            let Some(object) = self.catalogue.find(&owner, Kind::Package, name).cloned() else { continue };
            let object = self.through_synonyms(object)?;
            if !object.kind.is_source() {
                return None;
            }
            let allowed = self.catalogue.has_object(&self.authority, &object, &["EXECUTE"])
                || self
                    .unit
                    .and_then(|id| self.catalogue.object(id))
                    .is_some_and(|own| own.owner == object.owner);
            return allowed.then(|| {
                self.note(&object);
                object
            });
        }
        None
    }

    /// The object behind a chain of synonyms.
    pub(crate) fn through_synonyms(&self, object: Arc<Object>) -> Option<Arc<Object>> {
        let mut object = object;
        for _ in 0..8 {
            let Body::Synonym { owner, name, link: None } = &object.body else { return Some(object) };
            object = self.catalogue.find(owner, Kind::Table, name)?.clone();
        }
        None
    }

    fn member(&mut self, object: &Arc<Object>, rest: &[&str]) -> Outcome<Option<Resolved>> {
        if object.kind == Kind::Type {
            let unit = self.stored_unit(object.id)?;
            let declared = unit.members.get(&object.name).cloned();
            return Ok(declared.map(|declared| Resolved::Declared(declared, Home::Unit(object.id))));
        }
        let Some((first, tail)) = rest.split_first() else { return Ok(Some(Resolved::Unit(object.clone()))) };
        if object.kind != Kind::Package {
            return Ok(None);
        }
        let tail_names: Vec<String> = tail.iter().map(|part| (*part).to_owned()).collect();
        if self.unit == Some(object.id) {
            let declared = self.package.get(*first).cloned().unwrap_or(Declared::Nothing);
            return Ok(Some(Self::follow(declared, Home::Own, &tail_names)));
        }
        let unit = self.stored_unit(object.id)?;
        let Some(declared) = unit.members.get(*first).cloned() else {
            return Ok(Some(Resolved::Declared(Declared::Nothing, Home::Unit(object.id))));
        };
        Ok(Some(Self::follow(declared, Home::Unit(object.id), &tail_names)))
    }

    /// The place of a declared variable or field.
    pub(crate) fn place_of(&self, declared: &Declared, home: &Home) -> Option<Expr> {
        let root = |slot: usize, of: Type| {
            let node = match home {
                Home::Frame(depth) => Node::Local { depth: *depth, slot },
                Home::Own => Node::Package { unit: self.unit.unwrap_or_default(), slot },
                Home::Unit(unit) => Node::Package { unit: *unit, slot },
            };
            Expr { node, of }
        };
        match declared {
            Declared::Variable { slot, of, .. } => Some(root(*slot, of.clone())),
            Declared::Field { slot, steps, root: variable, .. } => {
                let Declared::Variable { of, .. } = &**variable else { return None };
                let mut expr = root(*slot, of.clone());
                for step in steps {
                    let (Type::Record(record) | Type::Object(record)) = &expr.of else { return None };
                    let of = record.fields[*step].1.clone();
                    expr = Expr { node: Node::Field(Box::new(expr), *step), of };
                }
                Some(expr)
            }
            _ => None,
        }
    }

    /// The error for a PL/SQL name that means nothing.
    pub(crate) fn undeclared_name(&self, name: &Name) -> OracleError {
        let text = written_name(name);
        if self.in_sql {
            let quoted: Vec<String> = name.parts.iter().map(|part| format!("\"{}\"", part.text)).collect();
            return OracleError::new(904, &[&quoted.join(".")]).at(name.span.line, name.span.column);
        }
        // An unknown member of a package that can be seen is an unknown component.
        let base = &name.parts[0].text;
        let known = name.parts.len() > 1
            && [self.schema.as_str(), "PUBLIC"].iter().any(|owner| {
                self.catalogue
                    .find(owner, Kind::Package, base)
                    .cloned()
                    .and_then(|o| self.through_synonyms(o))
                    .is_some_and(|object| {
                        object.kind == Kind::Package
                            && self.catalogue.has_object(&self.authority, &object, &["EXECUTE"])
                    })
            });
        let declared = name.parts.len() > 1
            && (self.package.contains_key(base)
                || self.code.iter().any(|frame| frame.blocks.iter().any(|block| block.contains_key(base))));
        if known || declared {
            return Self::pls(name.span, 302, &format!("component '{}' must be declared", name.last().text));
        }
        Self::pls(name.span, 201, &format!("identifier '{text}' must be declared"))
    }

    /// Whether the database behind a link answers: only hosts of the pretended cloud do. What it holds cannot be read.
    pub(super) fn reach(&self, link: &str, span: Span) -> Outcome<()> {
        let fail = |code: i32| OracleError::new(code, &[]).at(span.line, span.column);
        let wanted = link.to_uppercase();
        let of = |owner: &str| self.catalogue.find(owner, Kind::DatabaseLink, &wanted);
        let object = of(&self.authority.user).or_else(|| of("PUBLIC")).ok_or_else(|| fail(2019))?;
        let Body::DatabaseLink { host, .. } = &object.body else { return Err(fail(2019)) };
        let there = host.as_ref().is_some_and(|host| host.contains(".oraclecloud.com"));
        if there { Ok(()) } else { Err(fail(12545)) }
    }

    /// A table or view by name, through synonyms, seen by the current user.
    pub(crate) fn find_relation(&mut self, name: &Name) -> Outcome<Arc<Object>> {
        let missing = || OracleError::new(942, &[]).at(name.span.line, name.span.column);
        if name.link.is_some() {
            return Err(
                OracleError::unsupported("read through a database link").at(name.span.line, name.span.column)
            );
        }
        let (owners, wanted) = match name.parts.as_slice() {
            [only] => (vec![self.schema.clone(), "PUBLIC".into()], &only.text),
            [owner, object] => (vec![owner.text.clone()], &object.text),
            _ => return Err(missing()),
        };
        for owner in owners {
            let Some(object) = self.catalogue.find(&owner, Kind::Table, wanted).cloned() else { continue };
            let object = self.through_synonyms(object).ok_or_else(missing)?;
            if !matches!(object.kind, Kind::Table | Kind::View) {
                return if owner == self.schema {
                    Err(OracleError::new(4044, &[]).at(name.span.line, name.span.column))
                } else {
                    Err(missing())
                };
            }
            if !self.catalogue.can_see(&self.authority, &object) {
                return Err(missing());
            }
            self.note(&object);
            return Ok(object);
        }
        Err(missing())
    }

    /// Checks a privilege on a relation: invisible is ORA-00942, visible but not enough ORA-01031.
    pub(crate) fn require(&self, object: &Object, privileges: &[&str], name: &Name) -> Outcome<()> {
        if self.catalogue.has_object(&self.authority, object, privileges) {
            return Ok(());
        }
        Err(OracleError::new(1031, &[]).at(name.span.line, name.span.column))
    }

    /// The visible columns of a table or view.
    pub(crate) fn relation_columns(&mut self, object: &Arc<Object>) -> Outcome<Vec<(String, Type)>> {
        match &object.body {
            Body::Table(table) => Ok(table
                .columns
                .iter()
                .filter(|c| !c.hidden)
                .map(|c| (c.name.clone(), c.of.to_type()))
                .collect()),
            Body::View { columns, .. } => {
                Ok(columns.iter().map(|(name, of)| (name.clone(), of.to_type())).collect())
            }
            _ => Err(OracleError::new(942, &[])),
        }
    }

    /// A sequence by name, if the user may use it.
    pub(crate) fn find_sequence(&mut self, name: &Name) -> Outcome<Arc<Object>> {
        let missing = || OracleError::new(2289, &[]).at(name.span.line, name.span.column);
        let (owners, wanted) = match name.parts.as_slice() {
            [only] => (vec![self.schema.clone(), "PUBLIC".into()], &only.text),
            [owner, object] => (vec![owner.text.clone()], &object.text),
            _ => return Err(missing()),
        };
        for owner in owners {
            let Some(object) = self.catalogue.find(&owner, Kind::Sequence, wanted).cloned() else { continue };
            let object = self.through_synonyms(object).ok_or_else(missing)?;
            if object.kind != Kind::Sequence || !self.catalogue.can_see(&self.authority, &object) {
                return Err(missing());
            }
            self.require(&object, &["SELECT"], name)?;
            self.note(&object);
            return Ok(object);
        }
        Err(missing())
    }
}
