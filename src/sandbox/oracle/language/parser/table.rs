//! CREATE TABLE and ALTER TABLE.

use super::super::lexer::TokenKind;
use super::core::{Dialect, Parsed, Parser};
use super::message::{
    INVALID_ALTER_TABLE, INVALID_IDENTIFIER, INVALID_TABLE_NAME, MISSING_DATATYPE, MISSING_KEYWORD,
    MISSING_OPTION, MISSING_RIGHT_PARENTHESIS, MISSING_SELECT,
};
use crate::sandbox::oracle::language::ast::{
    AlterColumn, AlterTableAction, ColumnDefault, ColumnDefinition, ConstraintState, CreateTable, Ident,
    Identity, IdentityGeneration, SequenceOptions, StatementKind, StorageOption, TableElement, Temporary,
};

/// Clauses of CREATE TABLE that change what a table is, and that the sandbox does not have.
const UNKNOWN_CLAUSES: [&str; 12] = [
    "PARTITION",
    "ORGANIZATION",
    "CLUSTER",
    "NESTED",
    "OF",
    "VARRAY",
    "XMLTYPE",
    "SHARING",
    "MEMOPTIMIZE",
    "ILM",
    "FLASHBACK",
    "BLOCKCHAIN",
];

impl Parser<'_> {
    /// CREATE TABLE; the word TABLE, GLOBAL or PRIVATE is next.
    pub(super) fn create_table(&mut self) -> Parsed<StatementKind> {
        let private = self.take_word("PRIVATE");
        let mut temporary = None;
        if private || self.take_word("GLOBAL") {
            self.expect_word("TEMPORARY", MISSING_KEYWORD)?;
            temporary = Some(Temporary { private, preserve: false });
        }
        self.expect_word("TABLE", MISSING_KEYWORD)?;
        let if_not_exists = self.if_not_exists();
        let name = self.local_name(INVALID_TABLE_NAME)?;
        let elements =
            if self.is_symbol("(") { self.bracketed_list(Self::table_element)? } else { Vec::new() };
        let mut options = Vec::new();
        loop {
            if let Some(temporary) = temporary.as_mut().filter(|_| self.are_words(&["ON", "COMMIT"])) {
                self.at += 2;
                temporary.preserve = self.take_word("PRESERVE");
                if !temporary.preserve && !self.take_word("DELETE") {
                    self.expect_word("DROP", MISSING_KEYWORD)?;
                }
                if !self.take_word("ROWS") {
                    self.expect_word("DEFINITION", MISSING_KEYWORD)?;
                }
            } else if self.is_one_of(&UNKNOWN_CLAUSES) {
                let what = format!("create tables with {}", self.word().unwrap_or_default());
                return Err(self.unsupported(&what));
            } else if let Some(option) = self.storage_option()? {
                options.push(option);
            } else {
                break;
            }
        }
        let as_query = if self.take_word("AS") {
            if !self.at_query() && !self.is_symbol("(") {
                return Err(self.fail(MISSING_SELECT, "select"));
            }
            Some(self.query()?)
        } else {
            None
        };
        if elements.is_empty() && as_query.is_none() {
            return Err(self.fail(
                if self.at_end() { super::message::MISSING_LEFT_PARENTHESIS } else { MISSING_OPTION },
                "(",
            ));
        }
        let as_select = as_query.is_some();
        let untyped = elements.iter().find_map(|element| match element {
            TableElement::Column(column) if column.data_type.is_none() && column.virtual_value.is_none() => {
                Some(column.span)
            }
            _ => None,
        });
        if let Some(span) = untyped.filter(|_| !as_select) {
            return Err(self.sql_error(MISSING_DATATYPE, span));
        }
        let table = CreateTable { temporary, if_not_exists, name, elements, options, as_query };
        Ok(StatementKind::CreateTable(Box::new(table)))
    }

    /// IF NOT EXISTS, which 19c does not know.
    pub(super) fn if_not_exists(&mut self) -> bool {
        self.dialect != Dialect::Oracle19 && self.take_words(&["IF", "NOT", "EXISTS"])
    }

    fn table_element(&mut self) -> Parsed<TableElement> {
        self.nested(|parser| {
            if parser.at_constraint() {
                return Ok(TableElement::Constraint(Box::new(parser.constraint(true)?)));
            }
            if parser.is_word("SUPPLEMENTAL") {
                return Err(parser.unsupported("log supplementally"));
            }
            Ok(TableElement::Column(Box::new(parser.column_definition()?)))
        })
    }

    fn column_definition(&mut self) -> Parsed<ColumnDefinition> {
        let start = self.span();
        let altered = self.alter_column()?;
        if altered.drop_identity {
            return Err(self.sql_error(MISSING_RIGHT_PARENTHESIS, start));
        }
        let AlterColumn { name, data_type, visible, default, identity, constraints, span, .. } = altered;
        let mut column = ColumnDefinition {
            name,
            data_type,
            visible,
            default,
            identity,
            virtual_value: None,
            constraints,
            span,
        };
        let generated = self.take_words(&["GENERATED", "ALWAYS"]);
        if generated || (self.is_word("AS") && self.is_symbol_at(1, "(")) {
            self.expect_word("AS", MISSING_KEYWORD)?;
            self.open_bracket()?;
            column.virtual_value = Some(self.value()?);
            self.close_bracket()?;
            self.take_word("VIRTUAL");
            column.constraints.extend(self.inline_constraints()?);
        }
        column.span = self.since(start);
        Ok(column)
    }

    /// A column with whatever is said about it, as MODIFY takes it.
    fn alter_column(&mut self) -> Parsed<AlterColumn> {
        let start = self.span();
        let mut column = AlterColumn {
            name: self.column_name()?,
            data_type: None,
            visible: None,
            default: None,
            identity: None,
            drop_identity: false,
            constraints: Vec::new(),
            span: start,
        };
        if self.at_data_type() {
            column.data_type = Some(self.data_type()?);
        }
        loop {
            if self.take_word("VISIBLE") {
                column.visible = Some(true);
            } else if self.take_word("INVISIBLE") {
                column.visible = Some(false);
            } else if self.take_word("DEFAULT") {
                column.default = Some(self.column_default()?);
            } else if self.is_word("GENERATED")
                && (!self.is_word_at(2, "AS") || self.is_word_at(3, "IDENTITY"))
            {
                column.identity = Some(self.identity()?);
            } else if self.take_words(&["DROP", "IDENTITY"]) {
                column.drop_identity = true;
            } else if self.is_one_of(&["ENCRYPT", "DECRYPT", "COLLATE", "SORT", "SCOPE"]) {
                return Err(self.unsupported("encrypt, sort or collate columns"));
            } else if self.at_constraint() {
                column.constraints.push(self.constraint(false)?);
            } else {
                break;
            }
        }
        column.span = self.since(start);
        Ok(column)
    }

    fn inline_constraints(&mut self) -> Parsed<Vec<crate::sandbox::oracle::language::ast::Constraint>> {
        let mut constraints = Vec::new();
        while self.at_constraint() {
            constraints.push(self.constraint(false)?);
        }
        Ok(constraints)
    }

    fn at_data_type(&self) -> bool {
        const NO_TYPES: [&str; 16] = [
            "DEFAULT",
            "GENERATED",
            "VISIBLE",
            "INVISIBLE",
            "CONSTRAINT",
            "NOT",
            "NULL",
            "UNIQUE",
            "PRIMARY",
            "CHECK",
            "REFERENCES",
            "AS",
            "DROP",
            "ENCRYPT",
            "DECRYPT",
            "COLLATE",
        ];
        self.word().is_some_and(|word| !NO_TYPES.contains(&word))
            || matches!(self.kind(), TokenKind::Quoted(_))
    }

    fn column_default(&mut self) -> Parsed<ColumnDefault> {
        let on_null = self.take_words(&["ON", "NULL"]);
        if on_null && (self.is_word("FOR")) {
            return Err(self.unsupported("default nulls of updates"));
        }
        let start = self.span();
        let value = self.value()?;
        let text = self.since(start).of(self.text).to_owned();
        Ok(ColumnDefault { on_null, value, text })
    }

    fn identity(&mut self) -> Parsed<Identity> {
        self.advance();
        let generation = if self.take_word("ALWAYS") {
            IdentityGeneration::Always
        } else {
            self.expect_words(&["BY", "DEFAULT"], MISSING_KEYWORD)?;
            if self.take_words(&["ON", "NULL"]) {
                IdentityGeneration::ByDefaultOnNull
            } else {
                IdentityGeneration::ByDefault
            }
        };
        self.expect_words(&["AS", "IDENTITY"], MISSING_KEYWORD)?;
        let mut options = SequenceOptions::default();
        if self.take_symbol("(") {
            options = self.sequence_options(true)?;
            self.close_bracket()?;
        } else if !self.is_symbol(",") && !self.is_symbol(")") {
            options = self.sequence_options(true)?;
        }
        Ok(Identity { generation, options })
    }

    /// One physical attribute, if one is here.
    pub(super) fn storage_option(&mut self) -> Parsed<Option<StorageOption>> {
        const FLAGS: [&str; 16] = [
            "LOGGING",
            "NOLOGGING",
            "COMPRESS",
            "NOCOMPRESS",
            "CACHE",
            "NOCACHE",
            "NOPARALLEL",
            "INMEMORY",
            "MONITORING",
            "NOMONITORING",
            "ONLINE",
            "REVERSE",
            "NOREVERSE",
            "ROWDEPENDENCIES",
            "VISIBLE",
            "INVISIBLE",
        ];
        const FIGURES: [&str; 4] = ["PCTFREE", "PCTUSED", "INITRANS", "MAXTRANS"];
        let Some(word) = self.word().map(str::to_owned) else { return Ok(None) };
        let mut words = vec![word.clone()];
        match word.as_str() {
            "TABLESPACE" => {
                self.advance();
                return Ok(Some(StorageOption::Tablespace(
                    self.identifier((2216, "tablespace name expected"))?,
                )));
            }
            flag if FLAGS.contains(&flag) => {
                self.advance();
                while self.is_one_of(&["BASIC", "ADVANCED", "FOR", "OLTP", "QUERY", "LOW", "HIGH", "ARCHIVE"])
                    && word == "COMPRESS"
                {
                    words.push(self.any_word(MISSING_OPTION)?.text);
                }
                if let (TokenKind::Number(digits), "COMPRESS") = (self.kind(), word.as_str()) {
                    words.push(digits.clone());
                    self.advance();
                }
            }
            figure if FIGURES.contains(&figure) => {
                self.advance();
                words.push(self.integer::<u32>(MISSING_OPTION)?.to_string());
            }
            "PARALLEL" => {
                self.advance();
                if let Ok(degree) = self.integer::<u32>(MISSING_OPTION) {
                    words.push(degree.to_string());
                }
            }
            "SEGMENT" => {
                self.advance();
                self.expect_word("CREATION", MISSING_OPTION)?;
                let deferred = self.take_word("DEFERRED");
                if !deferred {
                    self.expect_word("IMMEDIATE", MISSING_OPTION)?;
                }
                words.push(format!("CREATION {}", if deferred { "DEFERRED" } else { "IMMEDIATE" }));
            }
            "ROW" if self.is_word_at(1, "STORE") || self.is_word_at(1, "ARCHIVAL") => {
                return Err(self.unsupported("store or archive rows in special ways"));
            }
            "STORAGE" if self.is_symbol_at(1, "(") => {
                self.advance();
                words.push(self.bracketed_words()?);
            }
            "LOB" if self.is_symbol_at(1, "(") => {
                self.advance();
                words.push(self.bracketed_words()?);
                self.expect_words(&["STORE", "AS"], MISSING_OPTION)?;
                words.push("STORE AS".to_owned());
                if self.is_one_of(&["SECUREFILE", "BASICFILE"]) {
                    words.push(self.any_word(MISSING_OPTION)?.text);
                }
                if self.is_symbol("(") {
                    words.push(self.bracketed_words()?);
                }
            }
            "NO" if self.is_word_at(1, "INMEMORY") => {
                self.at += 2;
                words.push("INMEMORY".to_owned());
            }
            _ => return Ok(None),
        }
        Ok(Some(StorageOption::Clause(words.join(" "))))
    }

    pub(super) fn storage_options(&mut self) -> Parsed<Vec<StorageOption>> {
        let mut options = Vec::new();
        while let Some(option) = self.storage_option()? {
            options.push(option);
        }
        Ok(options)
    }

    /// Everything between two brackets, in upper case with single spaces.
    fn bracketed_words(&mut self) -> Parsed<String> {
        let mut words = Vec::new();
        let mut open = 0_u32;
        loop {
            if self.at_end() {
                return Err(self.fail(MISSING_RIGHT_PARENTHESIS, ")"));
            }
            if let TokenKind::Invalid(_) = self.kind() {
                return Err(self.fail(MISSING_OPTION, ")"));
            }
            if self.is_symbol("(") {
                open += 1;
            } else if self.is_symbol(")") {
                open -= 1;
            }
            words.push(self.span().of(self.text).to_uppercase());
            self.advance();
            if open == 0 {
                return Ok(words.join(" "));
            }
        }
    }

    /// ALTER TABLE; the word TABLE is next.
    pub(super) fn alter_table(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let table = self.local_name(INVALID_TABLE_NAME)?;
        let mut actions = Vec::new();
        while !self.at_end() {
            actions.push(self.alter_table_action()?);
        }
        if actions.is_empty() {
            return Err(self.fail(INVALID_ALTER_TABLE, "add"));
        }
        Ok(StatementKind::AlterTable { table, actions })
    }

    fn alter_table_action(&mut self) -> Parsed<AlterTableAction> {
        let word = self.word().unwrap_or_default().to_owned();
        match word.as_str() {
            "ADD" => self.add_elements(),
            "MODIFY" => self.modify(),
            "ENABLE" | "DISABLE" => self.enable_or_disable(),
            "DROP" => self.drop_from_table(),
            "RENAME" => self.rename_in_table(),
            "SET" => {
                self.advance();
                self.expect_word("UNUSED", MISSING_KEYWORD)?;
                let columns = self.dropped_columns()?;
                let cascade_constraints = self.take_words(&["CASCADE", "CONSTRAINTS"]);
                Ok(AlterTableAction::SetUnused { columns, cascade_constraints })
            }
            "READ" => {
                self.advance();
                let only = self.take_word("ONLY");
                if !only {
                    self.expect_word("WRITE", MISSING_KEYWORD)?;
                }
                Ok(AlterTableAction::ReadOnly(only))
            }
            "MOVE" => {
                self.advance();
                if self.is_one_of(&["PARTITION", "SUBPARTITION"]) {
                    return Err(self.unsupported("alter partitions"));
                }
                Ok(AlterTableAction::Storage(self.storage_options()?))
            }
            "SHRINK" | "TRUNCATE" | "EXCHANGE" | "SPLIT" | "MERGE" | "COALESCE" | "UPGRADE" | "FLASHBACK"
            | "NO" | "ROW" | "ALLOCATE" | "DEALLOCATE" | "INDEXING" => {
                Err(self.unsupported(&format!("alter a table with {word}")))
            }
            _ => {
                let options = self.storage_options()?;
                if options.is_empty() {
                    return Err(self.fail(INVALID_ALTER_TABLE, "add modify drop"));
                }
                Ok(AlterTableAction::Storage(options))
            }
        }
    }

    fn add_elements(&mut self) -> Parsed<AlterTableAction> {
        self.advance();
        if self.is_one_of(&["PARTITION", "SUBPARTITION", "SUPPLEMENTAL"]) && !self.is_symbol_at(1, ",") {
            return Err(self.unsupported("add partitions and log groups"));
        }
        let elements = if self.is_symbol("(") {
            self.bracketed_list(Self::table_element)?
        } else {
            let mut elements = vec![self.table_element()?];
            while self.at_constraint() {
                elements.push(self.table_element()?);
            }
            elements
        };
        for element in &elements {
            if let TableElement::Column(column) = element
                && column.data_type.is_none()
                && column.virtual_value.is_none()
            {
                return Err(self.sql_error(MISSING_DATATYPE, column.span));
            }
        }
        Ok(AlterTableAction::Add(elements))
    }

    fn modify(&mut self) -> Parsed<AlterTableAction> {
        self.advance();
        if self.is_word("CONSTRAINT") || self.are_words(&["PRIMARY", "KEY"]) || self.is_word("UNIQUE") {
            let target = self.constraint_target()?;
            let state = self.constraint_state()?;
            let cascade = self.take_word("CASCADE");
            return Ok(AlterTableAction::ModifyConstraint { target, state, cascade });
        }
        if self.is_word("COLUMN") {
            return Err(self.fail(MISSING_KEYWORD, "("));
        }
        if self.is_one_of(&["PARTITION", "SUBPARTITION", "LOB", "NESTED"]) {
            return Err(self.unsupported("modify partitions and LOB storage"));
        }
        let columns = if self.is_symbol("(") {
            self.bracketed_list(Self::alter_column)?
        } else {
            vec![self.alter_column()?]
        };
        Ok(AlterTableAction::ModifyColumns(columns))
    }

    fn enable_or_disable(&mut self) -> Parsed<AlterTableAction> {
        let enable = self.is_word("ENABLE");
        self.advance();
        if self.take_words(&["ALL", "TRIGGERS"]) {
            return Ok(AlterTableAction::AllTriggers { enable });
        }
        if self.take_words(&["ROW", "MOVEMENT"]) {
            return Ok(AlterTableAction::RowMovement { enable });
        }
        let validate = if self.take_word("VALIDATE") {
            Some(true)
        } else if self.take_word("NOVALIDATE") {
            Some(false)
        } else {
            None
        };
        if !self.is_one_of(&["CONSTRAINT", "PRIMARY", "UNIQUE"]) {
            return Err(self.fail(MISSING_KEYWORD, "constraint"));
        }
        let target = self.constraint_target()?;
        let state = ConstraintState { using_index: self.using_index()?, ..ConstraintState::default() };
        if self.is_word("EXCEPTIONS") {
            return Err(self.unsupported("write exceptions into a table"));
        }
        let cascade = self.take_word("CASCADE");
        if self.is_word_at(1, "INDEX") && self.is_one_of(&["KEEP", "DROP"]) {
            return Err(self.unsupported("keep or drop the index of a constraint that is disabled"));
        }
        Ok(AlterTableAction::SetConstraint { enable, validate, target, state, cascade })
    }

    fn dropped_columns(&mut self) -> Parsed<Vec<Ident>> {
        if self.take_word("COLUMN") {
            return Ok(vec![self.column_name()?]);
        }
        self.bracketed_list(Self::column_name)
    }

    fn drop_from_table(&mut self) -> Parsed<AlterTableAction> {
        self.advance();
        if self.is_word("COLUMN") || self.is_symbol("(") {
            let columns = self.dropped_columns()?;
            let cascade_constraints = self.take_words(&["CASCADE", "CONSTRAINTS"]);
            self.take_word("INVALIDATE");
            return Ok(AlterTableAction::DropColumns { columns, cascade_constraints });
        }
        if self.take_words(&["UNUSED", "COLUMNS"]) {
            return Ok(AlterTableAction::DropUnusedColumns);
        }
        if self.is_one_of(&["PARTITION", "SUBPARTITION", "SUPPLEMENTAL"]) {
            return Err(self.unsupported("drop partitions and log groups"));
        }
        if !self.is_one_of(&["CONSTRAINT", "PRIMARY", "UNIQUE"]) {
            return Err(self.fail(MISSING_KEYWORD, "column constraint"));
        }
        let target = self.constraint_target()?;
        let cascade = self.take_word("CASCADE");
        let keep_index = if self.take_words(&["KEEP", "INDEX"]) {
            Some(true)
        } else if self.take_words(&["DROP", "INDEX"]) {
            Some(false)
        } else {
            None
        };
        Ok(AlterTableAction::DropConstraint { target, cascade, keep_index })
    }

    fn rename_in_table(&mut self) -> Parsed<AlterTableAction> {
        self.advance();
        if self.take_word("TO") {
            return Ok(AlterTableAction::RenameTo(self.identifier(INVALID_TABLE_NAME)?));
        }
        let column = self.take_word("COLUMN");
        if !column {
            self.expect_word("CONSTRAINT", MISSING_KEYWORD)?;
        }
        let from = self.identifier(INVALID_IDENTIFIER)?;
        self.expect_word("TO", MISSING_KEYWORD)?;
        let to = self.identifier(INVALID_IDENTIFIER)?;
        Ok(if column {
            AlterTableAction::RenameColumn { from, to }
        } else {
            AlterTableAction::RenameConstraint { from, to }
        })
    }
}
