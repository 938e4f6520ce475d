//! Oracle's packages, as far as they are written in Rust.
//!
//! *Owns*: native bodies of subprograms whose specifications stand in `seed/packages/`.
//! *Never*: declares a parameter; signatures are in the specifications alone.
//! *Start reading at*: `NATIVES`, the one table of what is native.
//! *To add one*: its specification in `seed/packages/`, and either a PL/SQL body there or a row here.

mod application;
mod application_export;
mod cloud;
mod crypto;
pub(crate) mod directory;
mod file;
mod kernel;
mod lob;
mod lob_file;
mod output;
mod raw;
mod schedule;
pub(crate) mod store;

use super::error::{OracleError, Outcome};
use super::pump;
use super::run::Machine;
use super::values::Value;

pub(super) use application::set_attribute;
pub(crate) use file::Files;

/// Native code: parameters in order, OUT ones are left in their places.
pub(crate) type Native = fn(&mut Machine, &mut [Value]) -> Outcome<Value>;

/// `PACKAGE.SUBPROGRAM` and its code.
pub(crate) const NATIVES: &[(&str, Native)] = &[
    ("DBMS_APPLICATION_INFO.READ_CLIENT_INFO", application::read_client_info),
    ("DBMS_APPLICATION_INFO.READ_MODULE", application::read_module),
    ("DBMS_APPLICATION_INFO.SET_ACTION", application::set_action),
    ("DBMS_APPLICATION_INFO.SET_CLIENT_INFO", application::set_client_info),
    ("DBMS_APPLICATION_INFO.SET_MODULE", application::set_module),
    ("DBMS_CLOUD.DELETE_FILE", cloud::delete_file),
    ("DBMS_CLOUD.DELETE_OBJECT", cloud::delete_object),
    ("DBMS_CLOUD.GET_OBJECT", cloud::get_object),
    ("DBMS_CLOUD.LIST_FILES", cloud::list_files),
    ("DBMS_CLOUD.LIST_OBJECTS", cloud::list_objects),
    ("DBMS_CLOUD.PUT_OBJECT", cloud::put_object),
    ("DBMS_CRYPTO.HASH", crypto::hash),
    ("DBMS_CRYPTO.MAC", crypto::mac),
    ("DBMS_CRYPTO.RANDOMBYTES", crypto::random_bytes),
    ("DBMS_DATAPUMP.ADD_FILE", pump::add_file),
    ("DBMS_DATAPUMP.ATTACH", pump::attach),
    ("DBMS_DATAPUMP.DATA_FILTER", pump::data_filter),
    ("DBMS_DATAPUMP.DATA_REMAP", pump::data_remap),
    ("DBMS_DATAPUMP.DETACH", pump::detach),
    ("DBMS_DATAPUMP.GET_DUMPFILE_INFO", pump::get_dumpfile_info),
    ("DBMS_DATAPUMP.GET_STATUS", pump::get_status),
    ("DBMS_DATAPUMP.LOG_ENTRY", pump::log_entry),
    ("DBMS_DATAPUMP.METADATA_FILTER", pump::metadata_filter),
    ("DBMS_DATAPUMP.METADATA_REMAP", pump::metadata_remap),
    ("DBMS_DATAPUMP.METADATA_TRANSFORM", pump::metadata_transform),
    ("DBMS_DATAPUMP.OPEN", pump::open),
    ("DBMS_DATAPUMP.SET_PARALLEL", pump::set_parallel),
    ("DBMS_DATAPUMP.SET_PARAMETER", pump::set_parameter),
    ("DBMS_DATAPUMP.START_JOB", pump::start_job),
    ("DBMS_DATAPUMP.STOP_JOB", pump::stop_job),
    ("DBMS_DATAPUMP.STOP_WORKER", pump::stop_worker),
    ("DBMS_DATAPUMP.WAIT_FOR_JOB", pump::wait_for_job),
    ("DBMS_LOB.APPEND", lob::append),
    ("DBMS_LOB.CONVERTTOBLOB", lob::to_blob),
    ("DBMS_LOB.CONVERTTOCLOB", lob::to_clob),
    ("DBMS_LOB.COPY", lob::copy),
    ("DBMS_LOB.CREATETEMPORARY", lob::create),
    ("DBMS_LOB.FILECLOSE", lob_file::close),
    ("DBMS_LOB.FILEEXISTS", lob_file::exists),
    ("DBMS_LOB.FILEISOPEN", lob_file::is_open),
    ("DBMS_LOB.FILEOPEN", lob_file::open),
    ("DBMS_LOB.FREETEMPORARY", lob::free),
    ("DBMS_LOB.GETLENGTH", lob::length),
    ("DBMS_LOB.INSTR", lob::instr),
    ("DBMS_LOB.LOADBLOBFROMFILE", lob_file::load_blob),
    ("DBMS_LOB.LOADCLOBFROMFILE", lob_file::load_clob),
    ("DBMS_LOB.SUBSTR", lob::substr),
    ("DBMS_LOB.WRITEAPPEND", lob::write_append),
    ("DBMS_OUTPUT.DISABLE", output::disable),
    ("DBMS_OUTPUT.ENABLE", output::enable),
    ("DBMS_OUTPUT.GET_LINE", output::get_line),
    ("DBMS_OUTPUT.NEW_LINE", output::new_line),
    ("DBMS_OUTPUT.PUT", output::put),
    ("DBMS_OUTPUT.PUT_LINE", output::put_line),
    ("DBMS_SESSION.CLEAR_IDENTIFIER", application::clear_identifier),
    ("DBMS_SESSION.SET_IDENTIFIER", application::set_identifier),
    ("DBMS_SESSION.SLEEP", application::sleep),
    ("DBMS_STANDARD.RAISE_APPLICATION_ERROR", kernel::raise_application_error),
    ("DBMS_UTILITY.FORMAT_ERROR_BACKTRACE", kernel::format_error_backtrace),
    ("DBMS_UTILITY.FORMAT_ERROR_STACK", kernel::format_error_stack),
    ("DBMS_UTILITY.GET_TIME", kernel::get_time),
    ("KERNEL.ANALYZE", kernel::analyze),
    ("KERNEL.COMPILE", kernel::compile),
    ("KERNEL.HAS_ROLE", kernel::has_role),
    ("KERNEL.HASH_PASSWORD", kernel::hash_password),
    ("KERNEL.IS_SQL_NAME", kernel::is_sql_name),
    ("KERNEL.JSON_IS_OBJECT", kernel::json_is_object),
    ("KERNEL.MAKE_LINK", kernel::make_link),
    ("KERNEL.NEXT_RUN", schedule::next_run),
    ("KERNEL.QUERY_TEXT", kernel::query_text),
    ("KERNEL.RAISE_ERROR", kernel::raise_error),
    ("KERNEL.RUN_AS", schedule::run_as),
    ("KERNEL.SEND_MAIL", kernel::send_mail),
    ("KERNEL.SET_SEED", kernel::set_seed),
    ("KERNEL.SET_STATISTICS", kernel::set_statistics),
    ("KERNEL.RANDOM", kernel::random),
    ("KERNEL.SET_WORKSPACE", kernel::set_workspace),
    ("UTL_FILE.FCLOSE", file::close),
    ("UTL_FILE.FCLOSE_ALL", file::close_all),
    ("UTL_FILE.FCOPY", file::copy),
    ("UTL_FILE.FFLUSH", file::flush),
    ("UTL_FILE.FGETATTR", file::attributes),
    ("UTL_FILE.FOPEN", file::open),
    ("UTL_FILE.FREMOVE", file::remove),
    ("UTL_FILE.FRENAME", file::rename),
    ("UTL_FILE.GET_LINE", file::get_line),
    ("UTL_FILE.GET_RAW", file::get_raw),
    ("UTL_FILE.IS_OPEN", file::is_open),
    ("UTL_FILE.NEW_LINE", file::new_line),
    ("UTL_FILE.PUT", file::put),
    ("UTL_FILE.PUT_LINE", file::put_line),
    ("UTL_FILE.PUT_RAW", file::put_raw),
    ("UTL_RAW.CAST_TO_RAW", raw::cast_to_raw),
    ("UTL_RAW.CAST_TO_VARCHAR2", raw::cast_to_varchar2),
    ("UTL_RAW.CONCAT", raw::concat),
    ("UTL_RAW.LENGTH", raw::length),
    ("UTL_RAW.SUBSTR", raw::substr),
    ("WWV_FLOW_EXPORT_API.HEX_LINES", application_export::hex_lines),
    ("WWV_FLOW_EXPORT_API.TEXT_LINES", application_export::text_lines),
    ("WWV_FLOW_EXPORT_API.UNZIP", application_export::unzip),
    ("WWV_FLOW_EXPORT_API.ZIP", application_export::zip),
    ("WWV_FLOW_IMP.VARCHAR2_TO_BLOB", application_export::to_blob),
    ("WWV_FLOW_IMP.VARCHAR2_TO_CLOB", application_export::to_clob),
    ("WWV_FLOW_IMP_PARSER.PIECES", application_export::pieces),
    ("WWV_FLOW_IMP_PARSER.PROBLEM", application_export::problem),
];

/// The native code of a subprogram.
pub(crate) fn find(name: &str) -> Option<Native> {
    NATIVES.iter().find(|(known, _)| *known == name).map(|(_, native)| *native)
}

fn text(values: &[Value], at: usize) -> Option<String> {
    values.get(at).and_then(Value::as_str).map(str::to_owned)
}

fn whole(values: &[Value], at: usize) -> Option<i64> {
    values.get(at).and_then(Value::as_number).and_then(|number| number.truncate(0).to_i64())
}

/// An error raised by an application.
fn application_error(code: i32, message: &str) -> OracleError {
    OracleError::with_text(code, message)
}
