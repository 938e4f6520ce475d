-- Data Pump: its types, its package and its views. The code is native, the specification is the whole contract.
alter session set current_schema = sys;
create type sys.ku$_logline1010 as object (loglinenumber number, errornumber number, logtext varchar2(2000));
/
create type sys.ku$_logentry1010 as table of sys.ku$_logline1010;
/
create type sys.ku$_workerstatus1010 as object (
  worker_number number, process_name varchar2(30), state varchar2(30), schema varchar2(30), name varchar2(4000), object_type varchar2(200),
  partition varchar2(30), completed_objects number, total_objects number, completed_rows number, completed_bytes number, percent_done number);
/
create type sys.ku$_workerstatuslist1010 as table of sys.ku$_workerstatus1010;
/
create type sys.ku$_workerstatus1020 as object (
  worker_number number, process_name varchar2(30), state varchar2(30), schema varchar2(30), name varchar2(4000), object_type varchar2(200),
  partition varchar2(30), completed_objects number, total_objects number, completed_rows number, completed_bytes number, percent_done number, degree number);
/
create type sys.ku$_workerstatuslist1020 as table of sys.ku$_workerstatus1020;
/
create type sys.ku$_workerstatus1120 as object (
  worker_number number, process_name varchar2(30), state varchar2(30), schema varchar2(30), name varchar2(4000), object_type varchar2(200),
  partition varchar2(30), completed_objects number, total_objects number, completed_rows number, completed_bytes number, percent_done number, degree number,
  instance_id number, instance_name varchar2(60), host_name varchar2(64));
/
create type sys.ku$_workerstatuslist1120 as table of sys.ku$_workerstatus1120;
/
create type sys.ku$_workerstatus1210 as object (
  worker_number number, process_name varchar2(30), state varchar2(30), schema varchar2(128), name varchar2(4000), object_type varchar2(200),
  partition varchar2(128), completed_objects number, total_objects number, completed_rows number, completed_bytes number, percent_done number, degree number,
  instance_id number, instance_name varchar2(60), host_name varchar2(64));
/
create type sys.ku$_workerstatuslist1210 as table of sys.ku$_workerstatus1210;
/
create type sys.ku$_workerstatus1220 as object (
  worker_number number, process_name varchar2(30), state varchar2(30), schema varchar2(128), name varchar2(4000), object_type varchar2(200),
  partition varchar2(128), completed_objects number, total_objects number, completed_rows number, completed_bytes number, percent_done number, degree number,
  instance_id number, instance_name varchar2(60), host_name varchar2(64), access_method varchar2(16), obj_start_time timestamp, obj_status varchar2(5));
/
create type sys.ku$_workerstatuslist1220 as table of sys.ku$_workerstatus1220;
/
create type sys.ku$_dumpfile1010 as object (file_name varchar2(4000), file_type number, file_size number, file_bytes_written number);
/
create type sys.ku$_dumpfileset1010 as table of sys.ku$_dumpfile1010;
/
create type sys.ku$_jobstatus1010 as object (
  job_name varchar2(30), operation varchar2(30), job_mode varchar2(30), bytes_processed number, total_bytes number, percent_done number, degree number,
  error_count number, state varchar2(30), phase number, restart_count number, worker_status_list sys.ku$_workerstatuslist1010, files sys.ku$_dumpfileset1010);
/
create type sys.ku$_jobstatus1020 as object (
  job_name varchar2(30), operation varchar2(30), job_mode varchar2(30), bytes_processed number, total_bytes number, percent_done number, degree number,
  error_count number, state varchar2(30), phase number, restart_count number, worker_status_list sys.ku$_workerstatuslist1020, files sys.ku$_dumpfileset1010);
/
create type sys.ku$_jobstatus1120 as object (
  job_name varchar2(30), operation varchar2(30), job_mode varchar2(30), bytes_processed number, total_bytes number, percent_done number, degree number,
  error_count number, state varchar2(30), phase number, restart_count number, worker_status_list sys.ku$_workerstatuslist1120, files sys.ku$_dumpfileset1010);
/
create type sys.ku$_jobstatus1210 as object (
  job_name varchar2(128), operation varchar2(30), job_mode varchar2(30), bytes_processed number, total_bytes number, percent_done number, degree number,
  error_count number, state varchar2(30), phase number, restart_count number, worker_status_list sys.ku$_workerstatuslist1210, files sys.ku$_dumpfileset1010);
/
create type sys.ku$_jobstatus1220 as object (
  job_name varchar2(128), operation varchar2(30), job_mode varchar2(30), bytes_processed number, total_bytes number, percent_done number, degree number,
  error_count number, state varchar2(30), phase number, restart_count number, heartbeat number, worker_status_list sys.ku$_workerstatuslist1220, files sys.ku$_dumpfileset1010);
/
create type sys.ku$_paramvalue1010 as object (param_name varchar2(30), param_op varchar2(30), param_type varchar2(30), param_length number, param_value_n number, param_value_t varchar2(4000));
/
create type sys.ku$_paramvalues1010 as table of sys.ku$_paramvalue1010;
/
create type sys.ku$_jobdesc1010 as object (
  job_name varchar2(30), guid raw(16), operation varchar2(30), job_mode varchar2(30), remote_link varchar2(4000), owner varchar2(30), instance varchar2(16),
  db_version varchar2(30), creator_privs varchar2(30), start_time date, max_degree number, log_file varchar2(4000), sql_file varchar2(4000), params sys.ku$_paramvalues1010);
/
create type sys.ku$_jobdesc1020 as object (
  job_name varchar2(30), guid raw(16), operation varchar2(30), job_mode varchar2(30), remote_link varchar2(4000), owner varchar2(30), platform varchar2(101),
  exp_platform varchar2(101), global_name varchar2(4000), exp_global_name varchar2(4000), instance varchar2(16), db_version varchar2(30), exp_db_version varchar2(30),
  scn number, creator_privs varchar2(30), start_time date, exp_start_time date, term_reason number, max_degree number, log_file varchar2(4000),
  sql_file varchar2(4000), params sys.ku$_paramvalues1010);
/
create type sys.ku$_jobdesc1210 as object (
  job_name varchar2(128), guid raw(16), operation varchar2(30), job_mode varchar2(30), remote_link varchar2(4000), owner varchar2(128), platform varchar2(101),
  exp_platform varchar2(101), global_name varchar2(4000), exp_global_name varchar2(4000), instance varchar2(60), db_version varchar2(60), exp_db_version varchar2(60),
  scn number, creator_privs varchar2(30), start_time date, exp_start_time date, term_reason number, max_degree number, timezone varchar2(64),
  exp_timezone varchar2(64), tstz_version number, exp_tstz_version number, endianness varchar2(16), exp_endianness varchar2(16), charset varchar2(28),
  exp_charset varchar2(28), ncharset varchar2(28), exp_ncharset varchar2(28), log_file varchar2(4000), sql_file varchar2(4000), params sys.ku$_paramvalues1010);
/
create type sys.ku$_jobdesc1220 as object (
  job_name varchar2(128), guid raw(16), operation varchar2(30), job_mode varchar2(30), remote_link varchar2(4000), owner varchar2(128), platform varchar2(101),
  exp_platform varchar2(101), global_name varchar2(4000), exp_global_name varchar2(4000), instance varchar2(60), db_version varchar2(60), exp_db_version varchar2(60),
  job_version varchar2(60), scn number, creator_privs varchar2(30), start_time date, exp_start_time date, term_reason number, max_degree number, timezone varchar2(64),
  exp_timezone varchar2(64), tstz_version number, exp_tstz_version number, endianness varchar2(16), exp_endianness varchar2(16), charset varchar2(28),
  exp_charset varchar2(28), ncharset varchar2(28), exp_ncharset varchar2(28), log_file varchar2(4000), sql_file varchar2(4000), params sys.ku$_paramvalues1010);
/
create type sys.ku$_status1010 as object (mask number, wip sys.ku$_logentry1010, job_description sys.ku$_jobdesc1010, job_status sys.ku$_jobstatus1010, error sys.ku$_logentry1010);
/
create type sys.ku$_status1020 as object (mask number, wip sys.ku$_logentry1010, job_description sys.ku$_jobdesc1020, job_status sys.ku$_jobstatus1020, error sys.ku$_logentry1010);
/
create type sys.ku$_status1120 as object (mask number, wip sys.ku$_logentry1010, job_description sys.ku$_jobdesc1020, job_status sys.ku$_jobstatus1120, error sys.ku$_logentry1010);
/
create type sys.ku$_status1210 as object (mask number, wip sys.ku$_logentry1010, job_description sys.ku$_jobdesc1210, job_status sys.ku$_jobstatus1210, error sys.ku$_logentry1010);
/
create type sys.ku$_status1220 as object (mask number, wip sys.ku$_logentry1010, job_description sys.ku$_jobdesc1220, job_status sys.ku$_jobstatus1220, error sys.ku$_logentry1010);
/
create type sys.ku$_dumpfile_item as object (item_code number, value varchar2(2048));
/
create type sys.ku$_dumpfile_info as table of sys.ku$_dumpfile_item;
/
create public synonym ku$_logline for sys.ku$_logline1010;
create public synonym ku$_logentry for sys.ku$_logentry1010;
create public synonym ku$_workerstatus for sys.ku$_workerstatus1220;
create public synonym ku$_workerstatuslist for sys.ku$_workerstatuslist1220;
create public synonym ku$_dumpfile for sys.ku$_dumpfile1010;
create public synonym ku$_dumpfileset for sys.ku$_dumpfileset1010;
create public synonym ku$_jobstatus for sys.ku$_jobstatus1220;
create public synonym ku$_paramvalue for sys.ku$_paramvalue1010;
create public synonym ku$_paramvalues for sys.ku$_paramvalues1010;
create public synonym ku$_jobdesc for sys.ku$_jobdesc1220;
create public synonym ku$_status for sys.ku$_status1220;
create package sys.dbms_datapump authid current_user as
  ku$_status_wip constant number := 1;
  ku$_status_job_desc constant number := 2;
  ku$_status_job_status constant number := 4;
  ku$_status_job_error constant number := 8;
  ku$_file_type_dump_file constant number := 1;
  ku$_file_type_bad_file constant number := 2;
  ku$_file_type_log_file constant number := 3;
  ku$_file_type_sql_file constant number := 4;
  ku$_file_type_uridump_file constant number := 5;
  ku$_dumpfile_type_disk constant number := 0;
  ku$_dumpfile_type_pipe constant number := 1;
  ku$_dumpfile_type_tape constant number := 2;
  ku$_dumpfile_type_template constant number := 3;
  ku$_dumpfile_type_uridisk constant number := 4;
  ku$_status_version_1 constant number := 1;
  ku$_status_version_2 constant number := 2;
  ku$_status_version_3 constant number := 3;
  ku$_status_version_4 constant number := 4;
  ku$_status_version_5 constant number := 5;
  ku$_status_version constant number := 5;
  ku$_job_complete constant number := 1;
  ku$_job_complete_errors constant number := 2;
  ku$_job_stopped constant number := 3;
  ku$_job_aborted constant number := 4;
  ku$_job_view_all constant number := 0;
  ku$_job_view_ttsvf constant number := 1;
  ku$_compress_none constant number := 1;
  ku$_compress_metadata constant number := 2;
  ku$_dataopt_skip_const_err constant number := 1;
  ku$_dataopt_xmltype_clob constant number := 2;
  ku$_dataopt_notype_evol constant number := 4;
  ku$_dataopt_disabl_append_hint constant number := 8;
  ku$_dataopt_reject_rows_repchr constant number := 16;
  ku$_dataopt_enable_net_comp constant number := 32;
  ku$_dataopt_grp_part_tab constant number := 64;
  ku$_dataopt_trust_exist_tb_par constant number := 128;
  ku$_dataopt_validate_tbl_data constant number := 256;
  ku$_dataopt_verify_stream_form constant number := 512;
  ku$_dataopt_cont_ld_on_fmt_err constant number := 1024;
  ku$_dfhdr_file_version constant number := 1;
  ku$_dfhdr_master_present constant number := 2;
  ku$_dfhdr_guid constant number := 3;
  ku$_dfhdr_file_number constant number := 4;
  ku$_dfhdr_charset_id constant number := 5;
  ku$_dfhdr_creation_date constant number := 6;
  ku$_dfhdr_flags constant number := 7;
  ku$_dfhdr_job_name constant number := 8;
  ku$_dfhdr_platform constant number := 9;
  ku$_dfhdr_instance constant number := 10;
  ku$_dfhdr_language constant number := 11;
  ku$_dfhdr_blocksize constant number := 12;
  ku$_dfhdr_dirpath constant number := 13;
  ku$_dfhdr_metadata_compressed constant number := 14;
  ku$_dfhdr_db_version constant number := 15;
  ku$_dfhdr_master_piece_count constant number := 16;
  ku$_dfhdr_master_piece_number constant number := 17;
  ku$_dfhdr_data_compressed constant number := 18;
  ku$_dfhdr_metadata_encrypted constant number := 19;
  ku$_dfhdr_data_encrypted constant number := 20;
  ku$_dfhdr_columns_encrypted constant number := 21;
  ku$_dfhdr_encryption_mode constant number := 22;
  ku$_dfhdr_compression_alg constant number := 23;
  ku$_dfhdr_hadoop_trailers constant number := 24;
  ku$_dfhdr_max_item_code constant number := 24;
  ku$_dfhdr_encmode_unknown constant number := 1;
  ku$_dfhdr_encmode_none constant number := 2;
  ku$_dfhdr_encmode_password constant number := 3;
  ku$_dfhdr_encmode_dual constant number := 4;
  ku$_dfhdr_encmode_trans constant number := 5;
  ku$_dfhdr_encmode_auto constant number := 6;
  ku$_dfhdr_cmpalg_unknown constant number := 0;
  ku$_dfhdr_cmpalg_none constant number := 1;
  ku$_dfhdr_cmpalg_basic constant number := 2;
  ku$_dfhdr_cmpalg_low constant number := 3;
  ku$_dfhdr_cmpalg_medium constant number := 4;
  ku$_dfhdr_cmpalg_high constant number := 5;
  invalid_argval exception;
  pragma exception_init(invalid_argval, -39001);
  invalid_operation exception;
  pragma exception_init(invalid_operation, -39002);
  inconsistent_args exception;
  pragma exception_init(inconsistent_args, -39005);
  privilege_error exception;
  pragma exception_init(privilege_error, -31631);
  invalid_handle exception;
  pragma exception_init(invalid_handle, -31623);
  invalid_state exception;
  pragma exception_init(invalid_state, -39004);
  job_exists exception;
  pragma exception_init(job_exists, -31634);
  no_such_job exception;
  pragma exception_init(no_such_job, -31626);
  internal_error exception;
  pragma exception_init(internal_error, -39006);
  success_with_info exception;
  pragma exception_init(success_with_info, -31627);
  no_dumpfile_info exception;
  pragma exception_init(no_dumpfile_info, -39211);
  warning_dv_noencrypt exception;
  pragma exception_init(warning_dv_noencrypt, -39327);
  procedure add_file(handle in number, filename in varchar2, directory in varchar2 default null, filesize in varchar2 default null, filetype in number default ku$_file_type_dump_file, reusefile in number default null);
  function attach(job_name in varchar2 default null, job_owner in varchar2 default null) return number;
  procedure data_filter(handle in number, name in varchar2, value in number, table_name in varchar2 default null, schema_name in varchar2 default null);
  procedure data_filter(handle in number, name in varchar2, value in clob, table_name in varchar2 default null, schema_name in varchar2 default null);
  procedure data_filter(handle in number, name in varchar2, value in varchar2, table_name in varchar2 default null, schema_name in varchar2 default null);
  procedure data_remap(handle in number, name in varchar2, table_name in varchar2, "COLUMN" in varchar2, "FUNCTION" in varchar2, schema in varchar2 default null, remap_flags in number default 0);
  procedure detach(handle in number);
  procedure get_dumpfile_info(filename in varchar2, directory in varchar2, info_table out ku$_dumpfile_info, filetype out number);
  function get_status(handle in number, mask in integer, timeout in number default null) return sys.ku$_status1220;
  procedure get_status(handle in number, mask in integer, timeout in number default null, job_state out varchar2, status out sys.ku$_status1010);
  procedure get_status(handle in number, mask in integer, timeout in number default null, job_state out varchar2, status out sys.ku$_status1020);
  procedure get_status(handle in number, mask in integer, timeout in number default null, job_state out varchar2, status out sys.ku$_status1120);
  procedure get_status(handle in number, mask in integer, timeout in number default null, job_state out varchar2, status out sys.ku$_status1210);
  procedure get_status(handle in number, mask in integer, timeout in number default null, job_state out varchar2, status out sys.ku$_status1220);
  procedure log_entry(handle in number, message in varchar2, log_file_only in number default 0);
  procedure metadata_filter(handle in number, name in varchar2, value in varchar2, object_path in varchar2 default null, object_type in varchar2 default null);
  procedure metadata_filter(handle in number, name in varchar2, value in clob, object_path in varchar2 default null, object_type in varchar2 default null);
  procedure metadata_remap(handle in number, name in varchar2, old_value in varchar2, value in varchar2, object_type in varchar2 default null);
  procedure metadata_transform(handle in number, name in varchar2, value in varchar2, object_type in varchar2 default null);
  procedure metadata_transform(handle in number, name in varchar2, value in number, object_type in varchar2 default null);
  function open(operation in varchar2, job_mode in varchar2, remote_link in varchar2 default null, job_name in varchar2 default null, version in varchar2 default 'COMPATIBLE', compression in number default ku$_compress_metadata) return number;
  procedure set_parallel(handle in number, degree in number);
  procedure set_parameter(handle in number, name in varchar2, value in varchar2);
  procedure set_parameter(handle in number, name in varchar2, value in number);
  procedure start_job(handle in number, skip_current in number default 0, abort_step in number default 0, cluster_ok in number default 1, service_name in varchar2 default null);
  procedure stop_job(handle in number, immediate in number default 0, keep_master in number default null, delay in number default 60);
  procedure stop_worker(handle in number, worker_id in number, skip_current in number default 0);
  procedure wait_for_job(handle in number, job_state out varchar2);
end;
/
create view sys.dba_datapump_jobs as select owner_name, job_name, operation, job_mode, state, degree, attached_sessions, datapump_sessions from x$datapump_jobs;
create view sys.user_datapump_jobs as select job_name, operation, job_mode, state, degree, attached_sessions, datapump_sessions from x$datapump_jobs where owner_name = user;
create view sys.dba_datapump_sessions as select owner_name, job_name, 1 as inst_id, sid * 4096 as saddr, session_type from x$datapump_sessions;
create view sys.v$session_longops as select sid, serial as serial#, job_name as opname, job_name as target, operation as target_desc, sofar, totalwork, 'MB' as units, start_time, last_update_time, cast(null as date) as timestamp, time_remaining, elapsed_seconds, 0 as context, message, owner_name as username, cast(null as varchar2(13)) as sql_id, 3 as con_id from x$datapump_longops;
create view sys.gv$session_longops as select 1 as inst_id, sid, serial#, opname, target, target_desc, sofar, totalwork, units, start_time, last_update_time, timestamp, time_remaining, elapsed_seconds, context, message, username, sql_id, con_id from v$session_longops;
create view sys.dba_resumable as select cast(null as number) as user_id, sid as session_id, 1 as instance_id, cast(null as number) as coord_instance_id, cast(null as number) as coord_session_id, 'SUSPENDED' as status, 7200 as timeout, to_char(suspended_at, 'MM/DD/RR HH24:MI:SS') as start_time, to_char(suspended_at, 'MM/DD/RR HH24:MI:SS') as suspend_time, cast(null as varchar2(20)) as resume_time, owner_name || '.' || job_name || '.1' as name, cast(null as varchar2(1000)) as sql_text, error_number, cast(null as varchar2(80)) as error_parameter1, cast(null as varchar2(80)) as error_parameter2, cast(null as varchar2(80)) as error_parameter3, cast(null as varchar2(80)) as error_parameter4, cast(null as varchar2(80)) as error_parameter5, error_message as error_msg from x$datapump_waits;
create view sys.user_resumable as select sid as session_id, 1 as instance_id, cast(null as number) as coord_instance_id, cast(null as number) as coord_session_id, 'SUSPENDED' as status, 7200 as timeout, to_char(suspended_at, 'MM/DD/RR HH24:MI:SS') as start_time, to_char(suspended_at, 'MM/DD/RR HH24:MI:SS') as suspend_time, cast(null as varchar2(20)) as resume_time, owner_name || '.' || job_name || '.1' as name, cast(null as varchar2(1000)) as sql_text, error_number, cast(null as varchar2(80)) as error_parameter1, cast(null as varchar2(80)) as error_parameter2, cast(null as varchar2(80)) as error_parameter3, cast(null as varchar2(80)) as error_parameter4, cast(null as varchar2(80)) as error_parameter5, error_message as error_msg from x$datapump_waits where owner_name = user;
create view sys.database_export_objects as select object_path, comments, named from x$datapump_paths where job_mode = 'FULL';
create view sys.schema_export_objects as select object_path, comments, named from x$datapump_paths where job_mode = 'SCHEMA';
create view sys.table_export_objects as select object_path, comments, named from x$datapump_paths where job_mode = 'TABLE';
create public synonym v$session_longops for sys.v$session_longops;
grant select on sys.v$session_longops to admin with grant option;
create public synonym gv$session_longops for sys.gv$session_longops;
grant select on sys.gv$session_longops to admin with grant option;
create role datapump_exp_full_database;
create role datapump_imp_full_database;
grant datapump_exp_full_database, datapump_imp_full_database to admin with admin option;
grant datapump_exp_full_database to datapump_cloud_exp;
grant datapump_imp_full_database to datapump_cloud_imp;
