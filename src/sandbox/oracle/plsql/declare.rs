//! Declarations: variables, types, cursors, exceptions, subprograms.

use std::collections::HashMap;
use std::sync::Arc;

use super::code::{CursorPlan, Declared, Exception, Initial, ParameterSlot, Routine, Unit};
use crate::sandbox::oracle::bind::{Binder, CodeScope};
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::ast::{
    DataType, Declaration, DeclarationKind, Ident, Parameter, ParameterMode, Pragma, Query, Subprogram,
    TypeDefinition,
};
use crate::sandbox::oracle::plan::Expr;
use crate::sandbox::oracle::values::{CollectionKind, CollectionType, RecordType, Type};

/// Exceptions known by name everywhere.
pub(super) const PREDEFINED: &[(&str, i32)] = &[
    ("ACCESS_INTO_NULL", 6530),
    ("CASE_NOT_FOUND", 6592),
    ("COLLECTION_IS_NULL", 6531),
    ("CURSOR_ALREADY_OPEN", 6511),
    ("DUP_VAL_ON_INDEX", 1),
    ("INVALID_CURSOR", 1001),
    ("INVALID_NUMBER", 1722),
    ("LOGIN_DENIED", 1017),
    ("NO_DATA_FOUND", 1403),
    ("NO_DATA_NEEDED", 6548),
    ("NOT_LOGGED_ON", 1012),
    ("PROGRAM_ERROR", 6501),
    ("ROWTYPE_MISMATCH", 6504),
    ("STORAGE_ERROR", 6500),
    ("SUBSCRIPT_BEYOND_COUNT", 6533),
    ("SUBSCRIPT_OUTSIDE_LIMIT", 6532),
    ("TIMEOUT_ON_RESOURCE", 51),
    ("TOO_MANY_ROWS", 1422),
    ("VALUE_ERROR", 6502),
    ("ZERO_DIVIDE", 1476),
];

impl Binder<'_> {
    /// Declares a name in the innermost block.
    pub(super) fn declare(&mut self, name: &Ident, declared: Declared) -> Outcome<()> {
        let block = self.code.last_mut().and_then(|scope| scope.blocks.last_mut());
        let Some(block) = block else {
            self.package.insert(name.text.clone(), declared);
            return Ok(());
        };
        if block.contains_key(&name.text) && !matches!(declared, Declared::Routines(_)) {
            return Err(Self::pls(
                name.span,
                371,
                &format!("at most one declaration for '{}' is permitted", name.text),
            ));
        }
        block.insert(name.text.clone(), declared);
        Ok(())
    }

    pub(super) fn new_local(&mut self) -> usize {
        let scope = self.code.last_mut().expect("a subprogram is being compiled");
        scope.slots += 1;
        scope.slots - 1
    }

    /// Whether declarations hold PRAGMA `AUTONOMOUS_TRANSACTION`.
    pub(super) fn is_autonomous(&self, list: &[Declaration]) -> bool {
        list.iter().any(|declaration| {
            matches!(declaration.kind, DeclarationKind::Pragma(Pragma::AutonomousTransaction))
        })
    }

    fn variable_type(&mut self, data_type: &DataType) -> Outcome<Type> {
        let of = self.data_type(data_type)?;
        if let Type::Varchar { length: None, .. } = of
            && matches!(data_type.kind, crate::sandbox::oracle::language::ast::DataTypeKind::Character { .. })
        {
            return Err(Self::pls(
                data_type.span,
                215,
                "String length constraints must be in range (1 .. 32767)",
            ));
        }
        Ok(of)
    }

    /// Binds a type definition.
    pub(super) fn type_definition(
        &mut self,
        name: &str,
        definition: &TypeDefinition,
        stored: bool,
    ) -> Outcome<Type> {
        let full = if stored { format!("{}.{name}", self.schema) } else { name.to_owned() };
        Ok(match definition {
            TypeDefinition::Record(fields) | TypeDefinition::Object(fields) => {
                let mut list = Vec::new();
                for field in fields {
                    list.push((field.name.text.clone(), self.data_type(&field.data_type)?));
                }
                let record = Arc::new(RecordType { name: full, fields: list });
                if matches!(definition, TypeDefinition::Object(_)) {
                    Type::Object(record)
                } else {
                    Type::Record(record)
                }
            }
            TypeDefinition::TableOf { element, index_by, .. } => {
                let element = self.data_type(element)?;
                let kind = match index_by {
                    None => CollectionKind::Table,
                    Some(by) if self.data_type(by)?.is_text() => CollectionKind::ByText,
                    Some(_) => CollectionKind::ByInteger,
                };
                Type::Collection(Arc::new(CollectionType { name: full, kind, element }))
            }
            TypeDefinition::Varray { limit, element, .. } => {
                let element = self.data_type(element)?;
                Type::Collection(Arc::new(CollectionType {
                    name: full,
                    kind: CollectionKind::Varray(*limit),
                    element,
                }))
            }
            TypeDefinition::RefCursor { .. } => Type::Cursor,
        })
    }

    /// Declarations of a block.
    pub(super) fn declarations(&mut self, list: &[Declaration]) -> Outcome<Vec<Initial>> {
        let mut initials = Vec::new();
        let mut forward: Vec<(String, usize)> = Vec::new();
        for declaration in list {
            match &declaration.kind {
                DeclarationKind::Variable { name, constant, data_type, not_null, default } => {
                    let of = self.variable_type(data_type)?;
                    let value = match default {
                        Some(default) => {
                            let value = self.expression(default)?;
                            Some(self.assignable(value, &of, default.span)?)
                        }
                        None => None,
                    };
                    if *not_null && value.is_none() {
                        return Err(Self::pls(
                            name.span,
                            218,
                            "a variable declared NOT NULL must have an initialization assignment",
                        ));
                    }
                    let slot = self.new_local();
                    self.declare(name, Declared::Variable { slot, of: of.clone(), constant: *constant })?;
                    initials.push(Initial {
                        slot,
                        of,
                        value,
                        not_null: *not_null,
                        line: declaration.span.line,
                    });
                }
                DeclarationKind::Cursor { name, parameters, query, .. } => {
                    let Some(query) = query else {
                        return Err(OracleError::unsupported("declare a cursor without a query"));
                    };
                    let slot = self.new_local();
                    let declared = self.cursor(name, parameters, query, slot)?;
                    self.declare(name, declared)?;
                }
                DeclarationKind::Subprogram(subprogram) => self.local_subprogram(subprogram, &mut forward)?,
                _ => self.common_declaration(declaration)?,
            }
        }
        Ok(initials)
    }

    fn common_declaration(&mut self, declaration: &Declaration) -> Outcome<()> {
        match &declaration.kind {
            DeclarationKind::Type { name, definition } => {
                let of = self.type_definition(&name.text, definition, false)?;
                self.declare(name, Declared::Type(of))
            }
            DeclarationKind::Subtype { name, base, .. } => {
                let of = self.data_type(base)?;
                self.declare(name, Declared::Type(of))
            }
            DeclarationKind::Exception(name) => {
                self.user_exceptions += 1;
                let exception = Exception::User(self.unit.unwrap_or_default(), self.user_exceptions);
                self.declare(name, Declared::Exception(exception))
            }
            DeclarationKind::Pragma(Pragma::ExceptionInit { exception, code }) => {
                let block = self
                    .code
                    .last_mut()
                    .and_then(|scope| scope.blocks.last_mut())
                    .unwrap_or(&mut self.package);
                if !matches!(block.get(&exception.text), Some(Declared::Exception(_))) {
                    return Err(Self::pls(
                        exception.span,
                        701,
                        "illegal ORACLE error number for PRAGMA EXCEPTION_INIT",
                    ));
                }
                block.insert(
                    exception.text.clone(),
                    Declared::Exception(Exception::Code(if *code == 100 { 1403 } else { code.abs() })),
                );
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn cursor(
        &mut self,
        name: &Ident,
        parameters: &[Parameter],
        query: &Query,
        slot: usize,
    ) -> Outcome<Declared> {
        let mut list = Vec::new();
        let mut slots = Vec::new();
        let mut names = HashMap::new();
        for parameter in parameters {
            let of = self.data_type(&parameter.data_type)?;
            let default = match &parameter.default {
                Some(default) => Some(self.expression(default)?),
                None => None,
            };
            let at = self.new_local();
            slots.push(at);
            names.insert(
                parameter.name.text.clone(),
                Declared::Variable { slot: at, of: of.clone(), constant: true },
            );
            list.push(ParameterSlot {
                name: parameter.name.text.clone(),
                mode: ParameterMode::In,
                of,
                default,
            });
        }
        if let Some(scope) = self.code.last_mut() {
            scope.blocks.push(names);
        }
        let plan = self.static_query(query);
        if let Some(scope) = self.code.last_mut() {
            scope.blocks.pop();
        }
        let plan = plan?;
        let row = Arc::new(RecordType {
            name: format!("{}%ROWTYPE", name.text),
            fields: plan.columns.iter().map(|column| (column.name.clone(), column.of.clone())).collect(),
        });
        let cursor = Arc::new(CursorPlan { parameters: list, slots, plan: Arc::new(plan) });
        Ok(Declared::Cursor { slot, row, cursor })
    }

    fn local_subprogram(
        &mut self,
        subprogram: &Subprogram,
        forward: &mut Vec<(String, usize)>,
    ) -> Outcome<()> {
        let name = subprogram.name.last().clone();
        let waiting =
            forward.iter().position(|(other, at)| *other == name.text && self.same_heading(*at, subprogram));
        let number = if let Some(at) = waiting {
            forward.remove(at).1
        } else {
            let number = self.declare_routine(subprogram)?;
            let existing = self
                .code
                .last()
                .and_then(|scope| scope.blocks.last())
                .and_then(|block| block.get(&name.text));
            let mut list = match existing {
                Some(Declared::Routines(list)) => list.clone(),
                _ => Vec::new(),
            };
            list.push(number);
            self.declare(&name, Declared::Routines(list))?;
            number
        };
        if subprogram.block.is_some() {
            self.define_routine(subprogram, number)
        } else {
            forward.push((name.text, number));
            Ok(())
        }
    }

    fn same_heading(&self, number: usize, subprogram: &Subprogram) -> bool {
        self.routines.get(number).is_some_and(|routine| {
            routine.parameters.len() == subprogram.parameters.len()
                && routine.returns.is_some() == subprogram.returns.is_some()
                && routine
                    .parameters
                    .iter()
                    .zip(&subprogram.parameters)
                    .all(|(a, b)| a.name == b.name.text && a.mode == b.mode)
        })
    }

    /// Declarations of a package's specification or body.
    pub(super) fn package_declarations(&mut self, list: &[Declaration], unit: &mut Unit) -> Outcome<()> {
        let public = self.routines.len();
        let mut bodies: Vec<(usize, &Subprogram)> = Vec::new();
        let mut taken: Vec<usize> = Vec::new();
        for declaration in list {
            match &declaration.kind {
                DeclarationKind::Variable { name, constant, data_type, default, .. } => {
                    let of = self.variable_type(data_type)?;
                    let value = match default {
                        Some(default) => {
                            let value = self.expression(default)?;
                            Some(self.assignable(value, &of, default.span)?)
                        }
                        None => None,
                    };
                    let slot = unit.variables.len();
                    unit.variables.push((of.clone(), value));
                    self.declare(name, Declared::Variable { slot, of, constant: *constant })?;
                }
                DeclarationKind::Cursor { name, parameters, query: Some(query), .. } => {
                    if !parameters.is_empty() {
                        return Err(OracleError::unsupported("declare a package cursor with parameters"));
                    }
                    let slot = unit.variables.len();
                    unit.variables.push((Type::Cursor, None));
                    let plan = self.static_query(query)?;
                    let row = Arc::new(RecordType {
                        name: format!("{}%ROWTYPE", name.text),
                        fields: plan
                            .columns
                            .iter()
                            .map(|column| (column.name.clone(), column.of.clone()))
                            .collect(),
                    });
                    let cursor = Arc::new(CursorPlan {
                        parameters: Vec::new(),
                        slots: Vec::new(),
                        plan: Arc::new(plan),
                    });
                    self.declare(name, Declared::Cursor { slot, row, cursor })?;
                }
                DeclarationKind::Subprogram(subprogram) => {
                    let name = subprogram.name.last().clone();
                    let mut list = match self.package.get(&name.text) {
                        Some(Declared::Routines(list)) => list.clone(),
                        _ => Vec::new(),
                    };
                    let known = list.iter().copied().find(|at| {
                        !taken.contains(at)
                            && *at < public + bodies.len() + 10_000
                            && self.same_heading(*at, subprogram)
                            && subprogram.block.is_some()
                    });
                    let number = if let Some(number) = known {
                        number
                    } else {
                        let number = self.declare_routine(subprogram)?;
                        list.push(number);
                        self.package.insert(name.text.clone(), Declared::Routines(list));
                        number
                    };
                    if subprogram.block.is_some() {
                        taken.push(number);
                        bodies.push((number, subprogram));
                    }
                }
                _ => self.common_declaration(declaration)?,
            }
        }
        for (number, subprogram) in bodies {
            self.define_routine(subprogram, number)?;
        }
        Ok(())
    }

    /// Takes a subprogram's number: its heading is known, its body not yet.
    pub(super) fn declare_routine(&mut self, subprogram: &Subprogram) -> Outcome<usize> {
        let mut parameters = Vec::new();
        for parameter in &subprogram.parameters {
            let of = self.data_type(&parameter.data_type)?;
            // Parameters carry no length.
            let of = match of {
                Type::Varchar { chars, .. } => Type::Varchar { length: None, chars },
                other => other,
            };
            let default: Option<Expr> = match &parameter.default {
                Some(default) => {
                    let value = self.expression(default)?;
                    Some(self.assignable(value, &of, default.span)?)
                }
                None => None,
            };
            parameters.push(ParameterSlot {
                name: parameter.name.text.clone(),
                mode: parameter.mode,
                of,
                default,
            });
        }
        let returns = match &subprogram.returns {
            Some(returns) => Some(self.data_type(returns)?),
            None => None,
        };
        self.routines.push(Routine {
            name: subprogram.name.last().text.clone(),
            slots: parameters.len(),
            parameters,
            returns,
            body: None,
            autonomous: false,
        });
        Ok(self.routines.len() - 1)
    }

    /// Compiles a subprogram's body.
    pub(super) fn define_routine(&mut self, subprogram: &Subprogram, number: usize) -> Outcome<()> {
        let Some(block) = &subprogram.block else { return Ok(()) };
        let mut names = HashMap::new();
        for (slot, parameter) in self.routines[number].parameters.iter().enumerate() {
            let constant = parameter.mode == ParameterMode::In;
            names.insert(
                parameter.name.clone(),
                Declared::Variable { slot, of: parameter.of.clone(), constant },
            );
        }
        let slots = self.routines[number].parameters.len();
        let name = Some(subprogram.name.last().text.clone());
        self.code.push(CodeScope { blocks: vec![names], slots, name });
        let body = self.block(block);
        let scope = self.code.pop().unwrap_or_default();
        let body = body?;
        let autonomous = self.is_autonomous(&block.declarations);
        let routine = &mut self.routines[number];
        routine.slots = scope.slots;
        routine.autonomous = autonomous;
        routine.body = Some(Arc::new(body));
        Ok(())
    }
}
