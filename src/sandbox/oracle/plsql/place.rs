//! Places values are put to: assignment, INTO, USING.

use super::code::{Declared, Place, Targets, Using};
use super::statement::place_of_expr;
use crate::sandbox::oracle::bind::Binder;
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::ast::{Expression, ExpressionKind, Into, ParameterMode, UsingArgument};
use crate::sandbox::oracle::values::Type;

impl Binder<'_> {
    /// The places that OUT arguments go to.
    pub(super) fn out_places(
        &mut self,
        site: &crate::sandbox::oracle::plan::CallSite,
    ) -> Outcome<Vec<Option<Place>>> {
        site.arguments
            .iter()
            .zip(&site.modes)
            .map(|(argument, mode)| match (argument, mode) {
                (_, ParameterMode::In) | (None, _) => Ok(None),
                (Some(argument), mode) => {
                    let place = place_of_expr(argument.clone())?;
                    self.binds.put(&place, *mode == ParameterMode::InOut);
                    Ok(Some(place))
                }
            })
            .collect()
    }

    /// The place an expression names, if something may be put there.
    pub(crate) fn place(&mut self, written: &Expression) -> Outcome<Place> {
        use crate::sandbox::oracle::bind::Resolved;
        if let ExpressionKind::Name(name) = &written.kind {
            match self.resolve(name)? {
                Some(Resolved::Declared(declared, home)) => {
                    let constant = match &declared {
                        Declared::Variable { constant, .. } => *constant,
                        Declared::Field { root, .. } => {
                            matches!(&**root, Declared::Variable { constant: true, .. })
                        }
                        _ => false,
                    };
                    if constant {
                        return Err(Self::pls(
                            name.span,
                            363,
                            &format!(
                                "expression '{}' cannot be used as an assignment target",
                                name.parts.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(".")
                            ),
                        ));
                    }
                    if let Some(expr) = self.place_of(&declared, &home) {
                        return place_of_expr(expr);
                    }
                }
                _ => return Err(self.undeclared_name(name)),
            }
        }
        let was = std::mem::replace(&mut self.in_sql, false);
        let expr = self.expression(written);
        self.in_sql = was;
        let place = place_of_expr(expr?)
            .map_err(|_| Self::pls(written.span, 363, "expression cannot be used as an assignment target"))?;
        self.binds.put(&place, false);
        Ok(place)
    }

    pub(super) fn open_targets(&mut self, into: &Into) -> Outcome<Targets> {
        let places = into.targets.iter().map(|target| self.place(target)).collect::<Outcome<Vec<_>>>()?;
        Ok(Targets { bulk: into.bulk, places })
    }

    /// Binds INTO for values of known types.
    pub(crate) fn into_targets(&mut self, into: &Into, types: &[Type]) -> Outcome<Targets> {
        let targets = self.open_targets(into)?;
        let width = match targets.places.as_slice() {
            [Place { of: Type::Record(record), .. }] if !into.bulk => record.fields.len(),
            [Place { of: Type::Collection(collection), .. }] => match &collection.element {
                Type::Record(record) => record.fields.len(),
                _ => 1,
            },
            places => places.len(),
        };
        if width != types.len() {
            return Err(OracleError::new(if width < types.len() { 913 } else { 947 }, &[])
                .at(into.span.line, into.span.column));
        }
        Ok(targets)
    }

    pub(super) fn using(&mut self, list: &[UsingArgument]) -> Outcome<Vec<Using>> {
        list.iter()
            .map(|argument| {
                let value = if argument.mode == ParameterMode::Out {
                    None
                } else {
                    let value = self.expression(&argument.value)?;
                    if !value.of.is_sql() && !matches!(value.of, Type::Boolean) {
                        return Err(Self::pls(
                            argument.value.span,
                            457,
                            "expressions have to be of SQL types",
                        ));
                    }
                    Some(value)
                };
                let place = match argument.mode {
                    ParameterMode::In => None,
                    _ => Some(self.place(&argument.value)?),
                };
                Ok(Using { mode: argument.mode, value, place })
            })
            .collect()
    }
}
