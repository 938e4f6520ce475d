//! Aggregates and window functions.

use super::Binder;
use crate::sandbox::oracle::error::{OracleError, Outcome};
use crate::sandbox::oracle::language::ast::{
    Call, Distinctness, FrameBound, FrameUnit, NullTreatment, OrderItem, Window,
};
use crate::sandbox::oracle::plan::{
    AggregateFunction, AggregatePlan, Edge, Expr, FramePlan, SortKey, WindowFunction, WindowPlan,
};
use crate::sandbox::oracle::values::Type;

fn aggregate_of(name: &str) -> Option<AggregateFunction> {
    Some(match name {
        "COUNT" => AggregateFunction::Count,
        "SUM" => AggregateFunction::Sum,
        "AVG" => AggregateFunction::Average,
        "MIN" => AggregateFunction::Minimum,
        "MAX" => AggregateFunction::Maximum,
        "LISTAGG" => AggregateFunction::ListAgg,
        "MEDIAN" => AggregateFunction::Median,
        "VARIANCE" => AggregateFunction::Variance,
        "STDDEV" => AggregateFunction::Deviation,
        _ => return None,
    })
}

fn window_of(name: &str) -> Option<WindowFunction> {
    Some(match name {
        "ROW_NUMBER" => WindowFunction::RowNumber,
        "RANK" => WindowFunction::Rank,
        "DENSE_RANK" => WindowFunction::DenseRank,
        "NTILE" => WindowFunction::NTile,
        "LAG" => WindowFunction::Lag,
        "LEAD" => WindowFunction::Lead,
        "FIRST_VALUE" => WindowFunction::FirstValue,
        "LAST_VALUE" => WindowFunction::LastValue,
        "RATIO_TO_REPORT" => WindowFunction::RatioToReport,
        _ => return None,
    })
}

impl Binder<'_> {
    /// Binds a call that is an aggregate or window function; none if its name is no such function's.
    pub(crate) fn aggregate_or_window(&mut self, name: &str, call: &Call) -> Outcome<Option<Expr>> {
        let at = |error: OracleError| error.at(call.span.line, call.span.column);
        if let Some(function) = window_of(name) {
            let Some(window) = &call.over else { return Err(at(OracleError::new(30484, &[]))) };
            return self.window(function, call, window).map(Some);
        }
        let Some(function) = aggregate_of(name) else { return Ok(None) };
        let function = if call.star {
            if function != AggregateFunction::Count {
                return Err(at(OracleError::new(936, &[])));
            }
            AggregateFunction::CountAll
        } else {
            function
        };
        let distinct = call.distinctness == Some(Distinctness::Distinct);
        if let Some(window) = &call.over {
            return self.window(WindowFunction::Aggregate(function, distinct), call, window).map(Some);
        }
        if self.queries.is_empty() || !self.scope().aggregates_allowed {
            return Err(at(OracleError::new(934, &[])));
        }
        self.scope().aggregates_allowed = false;
        let bound = self.aggregate(function, call, distinct);
        self.scope().aggregates_allowed = true;
        bound.map(Some)
    }

    fn arguments(&mut self, function: AggregateFunction, call: &Call) -> Outcome<(Vec<Expr>, Type)> {
        let wanted = match function {
            AggregateFunction::CountAll => 0..=0,
            AggregateFunction::ListAgg => 1..=2,
            _ => 1..=1,
        };
        if !wanted.contains(&call.arguments.len()) {
            return Err(OracleError::new(909, &[]).at(call.span.line, call.span.column));
        }
        let mut list = Vec::new();
        for argument in &call.arguments {
            let expr = self.expression(&argument.value)?;
            list.push(match function {
                AggregateFunction::Sum
                | AggregateFunction::Average
                | AggregateFunction::Median
                | AggregateFunction::Variance
                | AggregateFunction::Deviation => {
                    if expr.of.is_moment() {
                        return Err(OracleError::new(932, &["NUMBER", expr.of.error_name()])
                            .at(call.span.line, call.span.column));
                    }
                    self.coerce(expr, &Type::NUMBER, call.span)?
                }
                AggregateFunction::ListAgg => self.coerce(expr, &Type::TEXT, call.span)?,
                _ => expr,
            });
        }
        let of = match function {
            AggregateFunction::Minimum | AggregateFunction::Maximum => list[0].of.clone(),
            AggregateFunction::ListAgg => Type::Varchar { length: Some(4000), chars: false },
            _ => Type::NUMBER,
        };
        Ok((list, of))
    }

    fn aggregate(&mut self, function: AggregateFunction, call: &Call, distinct: bool) -> Outcome<Expr> {
        let (arguments, of) = self.arguments(function, call)?;
        let order = self.sort_keys(&call.within_group)?;
        let keep = match &call.keep {
            Some(keep) => Some((keep.first, self.sort_keys(&keep.order_by)?)),
            None => None,
        };
        let plan = AggregatePlan { function, arguments, distinct, order, keep, json: false };
        Ok(self.add_aggregate(plan, of))
    }

    /// Gives an aggregate its slot.
    pub(crate) fn add_aggregate(&mut self, plan: AggregatePlan, of: Type) -> Expr {
        let scope = self.scope();
        let slot = scope.new_slot();
        scope.aggregates.push((slot, plan, of.clone()));
        Expr::column(slot, of)
    }

    /// Binds the keys of an ORDER BY inside a function.
    pub(crate) fn sort_keys(&mut self, items: &[OrderItem]) -> Outcome<Vec<SortKey>> {
        items
            .iter()
            .map(|item| {
                Ok(SortKey {
                    value: self.expression(&item.value)?,
                    descending: item.descending,
                    nulls_first: item.nulls_first.unwrap_or(item.descending),
                })
            })
            .collect()
    }

    fn window(&mut self, function: WindowFunction, call: &Call, window: &Window) -> Outcome<Expr> {
        let at = |error: OracleError| error.at(call.span.line, call.span.column);
        if self.queries.is_empty() || !self.scope().windows_allowed {
            return Err(at(OracleError::new(30483, &[])));
        }
        let ranked = matches!(
            function,
            WindowFunction::RowNumber
                | WindowFunction::Rank
                | WindowFunction::DenseRank
                | WindowFunction::NTile
                | WindowFunction::Lag
                | WindowFunction::Lead
        );
        if ranked && window.order_by.is_empty() {
            return Err(at(OracleError::new(30485, &[])));
        }
        self.scope().windows_allowed = false;
        let bound = self.window_parts(&function, call, window);
        self.scope().windows_allowed = true;
        let (arguments, of, partition, order, frame) = bound?;
        let ignore_nulls = call.null_treatment == Some(NullTreatment::Ignore);
        let scope = self.scope();
        let slot = scope.new_slot();
        let plan = WindowPlan { slot, function, arguments, partition, order, frame, ignore_nulls };
        scope.windows.push((plan, of.clone()));
        Ok(Expr::column(slot, of))
    }

    #[expect(
        clippy::type_complexity,
        reason = "the five parts of one window, taken apart by its only caller"
    )]
    fn window_parts(
        &mut self,
        function: &WindowFunction,
        call: &Call,
        window: &Window,
    ) -> Outcome<(Vec<Expr>, Type, Vec<Expr>, Vec<SortKey>, Option<FramePlan>)> {
        let (arguments, of) = if let WindowFunction::Aggregate(function, _) = function {
            self.arguments(*function, call)?
        } else {
            let values: Vec<_> = call.arguments.iter().map(|a| a.value.clone()).collect();
            let list = self.expressions(&values)?;
            let of = match function {
                WindowFunction::Lag
                | WindowFunction::Lead
                | WindowFunction::FirstValue
                | WindowFunction::LastValue => list.first().map_or(Type::TEXT, |first| first.of.clone()),
                _ => Type::NUMBER,
            };
            (list, of)
        };
        let partition = self.expressions(&window.partition_by)?;
        let mut order = self.sort_keys(&window.order_by)?;
        if order.is_empty() && !call.within_group.is_empty() {
            order = self.sort_keys(&call.within_group)?;
        }
        let frame = match &window.frame {
            None => None,
            Some(frame) => {
                let mut edge = |bound: &FrameBound, start: bool| {
                    Ok(match bound {
                        FrameBound::UnboundedPreceding if start => Edge::Unbounded,
                        FrameBound::UnboundedFollowing if !start => Edge::Unbounded,
                        FrameBound::CurrentRow => Edge::Current,
                        FrameBound::Preceding(value) => Edge::Preceding(self.expression(value)?),
                        FrameBound::Following(value) => Edge::Following(self.expression(value)?),
                        _ => {
                            return Err(OracleError::with_text(
                                30488,
                                "argument should be a function of expressions in PARTITION BY",
                            ));
                        }
                    })
                };
                let start = edge(&frame.start, true)?;
                let end = match &frame.end {
                    Some(end) => edge(end, false)?,
                    None => Edge::Current,
                };
                let rows = frame.unit == FrameUnit::Rows;
                if !rows
                    && (matches!(start, Edge::Preceding(_) | Edge::Following(_))
                        || matches!(end, Edge::Preceding(_) | Edge::Following(_)))
                {
                    return Err(OracleError::unsupported("compute a RANGE frame by distance"));
                }
                Some(FramePlan { rows, start, end })
            }
        };
        Ok((arguments, of, partition, order, frame))
    }
}
