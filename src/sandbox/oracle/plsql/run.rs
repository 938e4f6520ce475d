//! The interpreter.

use std::sync::Arc;

use super::code::{Block, Code, CursorPlan, Exception, Line, Place, Sql, Targets};
use crate::sandbox::oracle::error::{OracleError, Outcome, fail};
use crate::sandbox::oracle::language::ast::CursorAttribute;
use crate::sandbox::oracle::plan::{CallSite, Expr, OutputColumn};
use crate::sandbox::oracle::run::{CursorState, Flow, Machine, Row, blank, collection_of, key_of};
use crate::sandbox::oracle::session::Effect;
use crate::sandbox::oracle::values::{CollectionKind, Key, RecordType, Type, Value};

impl Machine {
    /// Runs a block with its exception handlers.
    pub(crate) fn run_block(&mut self, block: &Block) -> Outcome<Flow> {
        let result = self.run_body(block);
        let Err(error) = result else { return result };
        // What the sandbox cannot do is never swallowed by a handler.
        if error.code == 3001 && error.text.contains("the sandbox cannot") {
            return Err(error);
        }
        for handler in &block.handlers {
            let caught =
                handler.others || handler.catches.iter().any(|exception| self.is_caught(*exception, &error));
            if !caught {
                continue;
            }
            let raised = self.raised.take();
            self.handled.push(error.clone());
            let result = self.run_lines(&handler.body);
            self.handled.pop();
            if self.raised.is_none() && result.is_err() {
                self.raised = raised;
            }
            return result;
        }
        Err(error)
    }

    fn is_caught(&self, exception: Exception, error: &OracleError) -> bool {
        match exception {
            Exception::Code(code) => error.code == code,
            Exception::User(..) => error.code == 6510 && self.raised == Some(exception),
        }
    }

    fn run_body(&mut self, block: &Block) -> Outcome<Flow> {
        for initial in &block.declare {
            let value = match &initial.value {
                Some(expr) => {
                    let value = self.eval(expr).map_err(|error| self.with_line(error, initial.line))?;
                    self.convert(&value, &initial.of).map_err(|error| self.with_line(error, initial.line))?
                }
                None => blank(&initial.of),
            };
            if initial.not_null && value.is_null() {
                let error = OracleError::new(6502, &[""]);
                return Err(self.with_line(error, initial.line));
            }
            self.set_local(initial.slot, value);
        }
        self.run_lines(&block.body)
    }

    fn set_local(&mut self, slot: usize, value: Value) {
        if let Some(frame) = self.frames.last_mut() {
            if frame.values.len() <= slot {
                frame.values.resize(slot + 1, Value::Null);
            }
            frame.values[slot] = value;
        }
    }

    /// Adds the line of the stack where an error arose in this subprogram.
    fn with_line(&self, error: OracleError, line: u32) -> OracleError {
        let mark = self.stack_line(line);
        let frame = format!("\u{1}{}", self.frames.len());
        // One line a frame: an error that passes several statements of one frame is marked by the innermost.
        if error.text.contains(&frame) {
            return error;
        }
        let mut text = error.text.clone();
        if let Some(at) = text.find('\u{1}') {
            text.truncate(at);
        }
        OracleError { text: format!("{text}\n{mark}{frame}"), ..error }
    }

    fn run_lines(&mut self, lines: &[Line]) -> Outcome<Flow> {
        for line in lines {
            if let Some(frame) = self.frames.last_mut() {
                frame.line = line.number;
            }
            match self.run_line(line) {
                Ok(Flow::Next) => {}
                Ok(other) => return Ok(other),
                Err(error) => return Err(self.with_line(error, line.number)),
            }
        }
        Ok(Flow::Next)
    }

    fn run_line(&mut self, line: &Line) -> Outcome<Flow> {
        match &line.code {
            Code::Null => Ok(Flow::Next),
            Code::Assign(place, value) => {
                let value = self.eval(value)?;
                self.assign(place, value)?;
                Ok(Flow::Next)
            }
            Code::Call(site, places) => {
                self.call_procedure(site, places)?;
                Ok(Flow::Next)
            }
            Code::Method(place, name, list) => {
                let arguments = self.eval_all(list)?;
                self.change_collection(place, name, &arguments)?;
                Ok(Flow::Next)
            }
            Code::If(branches, otherwise) => {
                for (condition, body) in branches {
                    if self.test(condition)? == Some(true) {
                        return self.run_lines(body);
                    }
                }
                self.run_lines(otherwise)
            }
            Code::Case { operand, branches, otherwise } => {
                if let Some((value, slot)) = operand {
                    let value = self.eval(value)?;
                    self.set_local(*slot, value);
                }
                for (condition, body) in branches {
                    if self.test(condition)? == Some(true) {
                        return self.run_lines(body);
                    }
                }
                match otherwise {
                    Some(body) => self.run_lines(body),
                    None => fail(6592, &[]),
                }
            }
            Code::Loop { condition, body } => loop {
                if let Some(condition) = condition
                    && self.test(condition)? != Some(true)
                {
                    return Ok(Flow::Next);
                }
                self.check_cancelled()?;
                if let Some(flow) = after(self.run_lines(body)?, &line.labels) {
                    return Ok(flow);
                }
            },
            Code::ForRange { slot, reverse, low, high, body } => {
                let (low, high) = (self.bound(low)?, self.bound(high)?);
                let mut at = if *reverse { high } else { low };
                while (low..=high).contains(&at) {
                    self.set_local(*slot, Value::integer(at));
                    if let Some(flow) = after(self.run_lines(body)?, &line.labels) {
                        return Ok(flow);
                    }
                    at += if *reverse { -1 } else { 1 };
                }
                Ok(Flow::Next)
            }
            Code::ForQuery { slot, row, plan, text, body } => {
                self.observe(text, Effect::Read);
                let rows = self.run_query(plan)?;
                self.loop_rows(rows, *slot, row, body, &line.labels)
            }
            Code::ForCursor { slot, row, plan, arguments, body, .. } => {
                let rows = self.cursor_rows(plan, arguments)?;
                self.loop_rows(rows, *slot, row, body, &line.labels)
            }
            Code::Forall { slot, low, high, over, save, body } => {
                if *save {
                    return Err(OracleError::unsupported("run FORALL with SAVE EXCEPTIONS"));
                }
                let numbers: Vec<i64> = match over {
                    Some(collection) => match self.eval(collection)? {
                        Value::Collection(c) => c
                            .elements
                            .keys()
                            .filter_map(|key| if let Key::Integer(n) = key { Some(*n) } else { None })
                            .collect(),
                        _ => Vec::new(),
                    },
                    None => (self.bound(low)?..=self.bound(high)?).collect(),
                };
                let mut total = 0;
                for number in numbers {
                    self.set_local(*slot, Value::integer(number));
                    self.run_lines(body)?;
                    total += self.implicit.unwrap_or(0);
                }
                self.implicit = Some(total);
                Ok(Flow::Next)
            }
            Code::Exit(label, when) => self.when(when.as_ref(), Flow::Exit(label.clone())),
            Code::Continue(label, when) => self.when(when.as_ref(), Flow::Continue(label.clone())),
            Code::Return(value) => {
                let value = match value {
                    Some(expr) => Some(self.eval(expr)?),
                    None => None,
                };
                Ok(Flow::Return(value))
            }
            Code::Raise(None) => match self.handled.last() {
                Some(error) => Err(error.clone()),
                None => fail(6510, &[]),
            },
            Code::Raise(Some(Exception::Code(code))) => {
                self.raised = None;
                Err(OracleError::new(*code, &[]))
            }
            Code::Raise(Some(user)) => {
                self.raised = Some(*user);
                fail(6510, &[])
            }
            Code::Block(block) => match self.run_block(block)? {
                Flow::Exit(Some(label)) if line.labels.contains(&label) => Ok(Flow::Next),
                other => Ok(other),
            },
            Code::Sql { sql, text } => {
                self.static_statement(sql, text)?;
                Ok(Flow::Next)
            }
            Code::Execute { text, into, using, returning } => {
                self.execute_immediate(text, into.as_ref(), using, returning.as_ref())?;
                Ok(Flow::Next)
            }
            Code::OpenStatic { cursor, plan, arguments, text } => {
                self.observe(text, Effect::Read);
                let rows = self.cursor_rows(plan, arguments)?;
                self.open_cursor(cursor, plan.plan.columns.clone(), rows, false)?;
                Ok(Flow::Next)
            }
            Code::OpenQuery { cursor, plan, text } => {
                self.observe(text, Effect::Read);
                let rows = self.run_query(plan)?;
                self.open_cursor(cursor, plan.columns.clone(), rows, true)?;
                Ok(Flow::Next)
            }
            Code::OpenDynamic { cursor, text, using } => {
                let (columns, rows) = self.dynamic_query(text, using)?;
                self.open_cursor(cursor, columns, rows, true)?;
                Ok(Flow::Next)
            }
            Code::Fetch { cursor, into, limit } => {
                self.fetch(cursor, into, limit.as_ref())?;
                Ok(Flow::Next)
            }
            Code::Close(cursor) => {
                let Value::Cursor(number) = self.eval(cursor)? else { return fail(1001, &[]) };
                if self.cursors.remove(&number).is_none() {
                    return fail(1001, &[]);
                }
                Ok(Flow::Next)
            }
        }
    }

    fn when(&mut self, condition: Option<&Expr>, flow: Flow) -> Outcome<Flow> {
        match condition {
            Some(condition) if self.test(condition)? != Some(true) => Ok(Flow::Next),
            _ => Ok(flow),
        }
    }

    fn bound(&mut self, expr: &Expr) -> Outcome<i64> {
        match self.eval(expr)?.as_number() {
            Some(number) => number.round_to_i64().ok_or_else(|| OracleError::new(1426, &[])),
            None => fail(6502, &[""]),
        }
    }

    /// Assigns with the conversions and limits of the place's type.
    pub(crate) fn assign(&mut self, place: &Place, value: Value) -> Outcome<()> {
        let value = match (&place.of, value) {
            (Type::Record(record), Value::Record(_, fields)) => {
                let mut list = Vec::with_capacity(fields.len());
                for ((_, of), field) in record.fields.iter().zip(fields) {
                    list.push(self.convert(&field, of)?);
                }
                Value::Record(record.clone(), list)
            }
            (Type::Record(_), Value::Null) => blank(&place.of),
            (of, value) => self.convert(&value, of)?,
        };
        self.store_at(place, value)
    }

    fn call_procedure(&mut self, site: &Arc<CallSite>, places: &[Option<Place>]) -> Outcome<()> {
        let (_, values) = self.call(site)?;
        for (place, value) in places.iter().zip(values) {
            if let Some(place) = place {
                self.assign(place, value)?;
            }
        }
        Ok(())
    }

    fn loop_rows(
        &mut self,
        rows: Vec<Row>,
        slot: usize,
        of: &Arc<RecordType>,
        body: &[Line],
        labels: &[String],
    ) -> Outcome<Flow> {
        for row in rows {
            self.set_local(slot, Value::Record(of.clone(), row));
            if let Some(flow) = after(self.run_lines(body)?, labels) {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn cursor_rows(&mut self, plan: &Arc<CursorPlan>, arguments: &[Expr]) -> Outcome<Vec<Row>> {
        let values = self.eval_all(arguments)?;
        for (slot, value) in plan.slots.iter().zip(values) {
            self.set_local(*slot, value);
        }
        self.run_query(&plan.plan)
    }

    fn open_cursor(
        &mut self,
        place: &Place,
        columns: Vec<OutputColumn>,
        rows: Vec<Row>,
        again: bool,
    ) -> Outcome<()> {
        if let Value::Cursor(number) = self.load_from(place)?
            && self.cursors.contains_key(&number)
        {
            if !again {
                return fail(6511, &[]);
            }
            self.cursors.remove(&number);
        }
        self.next_cursor += 1;
        let number = self.next_cursor;
        self.cursors.insert(number, CursorState { columns, rows, at: 0, found: None });
        self.store_at(place, Value::Cursor(number))
    }

    /// `cursor%FOUND` and so on.
    pub(crate) fn cursor_attribute(&mut self, cursor: &Expr, attribute: CursorAttribute) -> Outcome<Value> {
        let value = self.eval(cursor)?;
        let state = if let Value::Cursor(number) = value { self.cursors.get(&number) } else { None };
        let Some(state) = state else {
            return if attribute == CursorAttribute::IsOpen {
                Ok(Value::Boolean(false))
            } else {
                fail(1001, &[])
            };
        };
        let found = |wanted: bool| state.found.map_or(Value::Null, |found| Value::Boolean(found == wanted));
        Ok(match attribute {
            CursorAttribute::Found => found(true),
            CursorAttribute::NotFound => found(false),
            CursorAttribute::RowCount => Value::count(state.at),
            CursorAttribute::IsOpen => Value::Boolean(true),
            _ => return Err(OracleError::unsupported("answer this cursor attribute")),
        })
    }

    fn fetch(&mut self, cursor: &Expr, into: &Targets, limit: Option<&Expr>) -> Outcome<()> {
        let Value::Cursor(number) = self.eval(cursor)? else { return fail(1001, &[]) };
        let wanted = match limit {
            Some(limit) => usize::try_from(self.bound(limit)?).unwrap_or(0),
            None => usize::MAX,
        };
        let Some(state) = self.cursors.get_mut(&number) else { return fail(1001, &[]) };
        if into.bulk {
            let end = state.rows.len().min(state.at.saturating_add(wanted));
            let rows: Vec<Row> = state.rows[state.at..end].to_vec();
            state.found = Some(!rows.is_empty() && (wanted == usize::MAX || rows.len() == wanted));
            state.at = end;
            return self.into_bulk(into, rows);
        }
        let row = state.rows.get(state.at).cloned();
        state.found = Some(row.is_some());
        if row.is_some() {
            state.at += 1;
        }
        match row {
            Some(row) => self.into_row(into, row),
            None => Ok(()),
        }
    }

    /// Puts a row into the targets of INTO.
    pub(crate) fn into_row(&mut self, into: &Targets, row: Row) -> Outcome<()> {
        if let [place] = into.places.as_slice()
            && let Type::Record(record) = &place.of
        {
            if record.fields.len() != row.len() {
                return fail(if record.fields.len() < row.len() { 913 } else { 947 }, &[]);
            }
            return self.assign(place, Value::Record(record.clone(), row));
        }
        if into.places.len() != row.len() {
            return fail(if into.places.len() < row.len() { 913 } else { 947 }, &[]);
        }
        for (place, value) in into.places.iter().zip(row) {
            self.assign(place, value)?;
        }
        Ok(())
    }

    /// Puts rows into collections.
    pub(crate) fn into_bulk(&mut self, into: &Targets, rows: Vec<Row>) -> Outcome<()> {
        for (column, place) in into.places.iter().enumerate() {
            let Type::Collection(collection) = &place.of else { return fail(6504, &[]) };
            let mut values = Vec::with_capacity(rows.len());
            for row in &rows {
                let value = match &collection.element {
                    Type::Record(record) | Type::Object(record) if into.places.len() == 1 => {
                        Value::Record(record.clone(), row.clone())
                    }
                    _ => row.get(column).cloned().unwrap_or_default(),
                };
                values.push(self.convert(&value, &collection.element)?);
            }
            if collection.kind == CollectionKind::ByText {
                return Err(OracleError::unsupported("collect rows into a table indexed by text"));
            }
            self.store_at(place, collection_of(collection.clone(), values))?;
        }
        Ok(())
    }

    fn change_collection(&mut self, place: &Place, name: &str, arguments: &[Value]) -> Outcome<()> {
        let Value::Collection(collection) = self.load_from(place)? else { return fail(6531, &[]) };
        let mut changed = (*collection).clone();
        let number = |at: usize, default: i64| {
            arguments
                .get(at)
                .and_then(Value::as_number)
                .and_then(super::super::values::number::Number::to_i64)
                .unwrap_or(default)
        };
        match (name, arguments.len()) {
            ("DELETE", 0) => {
                changed.elements.clear();
                changed.extent = 0;
            }
            ("DELETE", 1) => {
                let key = key_of(&collection, &arguments[0])?;
                changed.elements.remove(&key);
            }
            ("DELETE", _) => {
                let (from, to) = (key_of(&collection, &arguments[0])?, key_of(&collection, &arguments[1])?);
                changed.elements.retain(|key, _| *key < from || *key > to);
            }
            ("EXTEND", _) => {
                if matches!(changed.of.kind, CollectionKind::ByInteger | CollectionKind::ByText) {
                    return fail(6502, &[""]);
                }
                let value = match arguments.get(1) {
                    Some(from) => {
                        changed.elements.get(&key_of(&collection, from)?).cloned().unwrap_or_default()
                    }
                    None => blank(&changed.of.element),
                };
                for _ in 0..number(0, 1) {
                    changed.extent += 1;
                    if let CollectionKind::Varray(limit) = changed.of.kind
                        && changed.extent > i64::from(limit)
                    {
                        return fail(6532, &[]);
                    }
                    changed.elements.insert(Key::Integer(changed.extent), value.clone());
                }
            }
            _ => {
                let count = number(0, 1);
                if count > changed.extent {
                    return fail(6533, &[]);
                }
                for _ in 0..count {
                    changed.elements.remove(&Key::Integer(changed.extent));
                    changed.extent -= 1;
                }
            }
        }
        self.store_at(place, Value::Collection(Arc::new(changed)))
    }

    fn static_statement(&mut self, sql: &Sql, text: &str) -> Outcome<()> {
        match sql {
            Sql::Select { plan, into } => {
                self.observe(text, Effect::Read);
                let rows = self.run_query(plan)?;
                self.implicit = Some(i64::try_from(rows.len()).unwrap_or(i64::MAX));
                if into.bulk {
                    return self.into_bulk(into, rows);
                }
                let mut rows = rows.into_iter();
                let Some(first) = rows.next() else {
                    self.implicit = Some(0);
                    return fail(1403, &[]);
                };
                if rows.next().is_some() {
                    self.implicit = Some(1);
                    return fail(1422, &[]);
                }
                self.into_row(into, first)
            }
            Sql::Insert(plan) => {
                self.observe(text, Effect::Write);
                let done = self.insert(plan)?;
                self.finish_change(done, plan.returning.as_ref().map(|(_, into)| into))
            }
            Sql::Update(plan) => {
                self.observe(text, Effect::Write);
                let done = self.update(plan)?;
                self.finish_change(done, plan.returning.as_ref().map(|(_, into)| into))
            }
            Sql::Delete(plan) => {
                self.observe(text, Effect::Write);
                let done = self.delete(plan)?;
                self.finish_change(done, plan.returning.as_ref().map(|(_, into)| into))
            }
            Sql::Merge(plan) => {
                self.observe(text, Effect::Write);
                let done = self.merge(plan)?;
                self.finish_change(done, None)
            }
            Sql::Commit | Sql::Rollback(_) | Sql::Savepoint(_) => {
                if self.in_trigger > 0 {
                    return fail(4092, &["COMMIT"]);
                }
                self.observe(text, Effect::Write);
                match sql {
                    Sql::Rollback(Some(name)) => self.rollback_to(name),
                    Sql::Rollback(None) => self.rollback(),
                    Sql::Savepoint(name) => self.savepoint(name),
                    _ => self.commit(),
                }
            }
            Sql::Nothing => Ok(()),
        }
    }

    fn finish_change(&mut self, done: (i64, Vec<Row>), into: Option<&Targets>) -> Outcome<()> {
        let (count, mut returned) = done;
        self.implicit = Some(count);
        let Some(into) = into else { return Ok(()) };
        if into.bulk {
            return self.into_bulk(into, returned);
        }
        match returned.len() {
            0 => Ok(()),
            1 => self.into_row(into, returned.remove(0)),
            _ => fail(1422, &[]),
        }
    }
}

/// What a loop does after its body: none to go on.
fn after(flow: Flow, labels: &[String]) -> Option<Flow> {
    match flow {
        Flow::Next | Flow::Continue(None) => None,
        Flow::Exit(None) => Some(Flow::Next),
        Flow::Exit(Some(label)) if labels.contains(&label) => Some(Flow::Next),
        Flow::Continue(Some(label)) if labels.contains(&label) => None,
        other => Some(other),
    }
}
