-- purpose: Makes a scheduler job that exports regularly. Each of its runs waits for its export, and fails where the export does,
--   so that the scheduler's record tells the truth of the exports. Runs do not overlap, and take away what failed ones left.
--   What a run does is the answer of a function that belongs to the job: an action cannot be longer than 4000 characters, and a
--   stored procedure would not have the roles that exports need.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: CREATE JOB, CREATE PROCEDURE; DATAPUMP_CLOUD_EXP; EXECUTE on DBMS_CLOUD and UTL_FILE
-- param job_name: bind varchar2 in - the scheduler job's name; its exports' names begin so
-- param repeat_interval: bind varchar2 in - when it runs, as a calendar expression
-- param database_name: bind varchar2 in - the database as manifests name it
-- param database_ocid: bind varchar2 in - its OCID
-- param job_mode: bind varchar2 in - FULL or SCHEMA
-- param schemas: bind clob in - the schemas as a JSON array; an empty one in mode FULL
-- param uri: bind varchar2 in - where the dumps go, with a slash at its end; each gets a folder of its own
-- param credential_name: bind varchar2 in - the credential for it
-- param degree: bind number in - how many workers at most
-- param alert: bind clob in - who is told of a failure: JSON for DBMS_CLOUD_NOTIFICATION by email, or nothing
-- param alert_credential: bind varchar2 in - the credential of the mail server, or nothing
declare
  known number;
  work varchar2(32767);
  schema_list varchar2(32767);
  job_path varchar2(130) := dbms_assert.enquote_name(:job_name, false);
  code_path varchar2(140) := dbms_assert.enquote_name(:job_name || '_CODE', false);

  function quoted(p_text in varchar2) return varchar2 is
  begin
    return '''' || replace(p_text, '''', '''''') || '''';
  end;

  procedure setting(p_name in varchar2, p_value in varchar2) is
  begin
    work := work || '  ' || p_name || ' constant varchar2(32767) := ' || quoted(p_value) || ';' || chr(10);
  end;
begin
  select count(*) into known from user_scheduler_running_jobs r where r.job_name = :job_name;
  if known > 0 then
    raise_application_error(-20953, 'adbctl: an export of ' || :job_name || ' is going on; it would lose its log and manifest. '
      || 'Pause the schedule and let it end first');
  end if;
  for s in (select t.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) t) loop
    schema_list := schema_list || case when schema_list is not null then ',' end || quoted(s.name);
  end loop;
  work := 'declare' || chr(10);
  setting('c_prefix', :job_name || '_');
  setting('c_uri', :uri);
  setting('c_credential', :credential_name);
  setting('c_mode', :job_mode);
  setting('c_schemas', schema_list);
  setting('c_degree', to_char(:degree));
  setting('c_manifest', '{"format": 1, "kind": "export", "encrypted": false, "database": "' || :database_name || '", "ocid": "'
    || :database_ocid || '", "mode": "' || lower(:job_mode) || '", "schemas": ' || nvl(:schemas, '[]'));
  setting('c_alert', :alert);
  setting('c_alert_credential', :alert_credential);
  work := work || q'{  started_with_information exception;
  pragma exception_init(started_with_information, -31627);
  stamp varchar2(20) := to_char(sys_extract_utc(systimestamp), 'YYYYMMDD"T"HH24MISS');
  pump_name varchar2(128) := c_prefix || stamp;
  pump_log varchar2(140) := lower(pump_name) || '.log';
  folder varchar2(2000) := c_uri || stamp || '/';
  job number; state_now varchar2(30); known number; errors number := 0; outcome varchar2(20);
  log_file utl_file.file_type; line_now varchar2(32767); last_line varchar2(32767); said varchar2(32767); code number;
  versions varchar2(400); paths varchar2(32767);
  type counts is table of number index by varchar2(300);
  rows_of counts; name_now varchar2(300); row_count number; total number := 0;
  tables clob; manifest clob; content blob; to_place integer := 1; from_place integer := 1; language integer := 0; warned integer;

  function text_of(p_name in varchar2, p_place in number) return varchar2 is
  begin
    return '"' || replace(regexp_substr(p_name, '[^"]+', 1, p_place), chr(92), chr(92) || chr(92)) || '"';
  end;

  procedure ship(p_log in varchar2, p_folder in varchar2) is
  begin
    dbms_cloud.put_object(credential_name => c_credential, object_uri => p_folder || 'export.log', directory_name => 'DATA_PUMP_DIR', file_name => p_log);
    dbms_cloud.delete_file(directory_name => 'DATA_PUMP_DIR', file_name => p_log);
  end;

  procedure add_details is
    status ku$_status;
  begin
    status := dbms_datapump.get_status(job, dbms_datapump.ku$_status_job_error, 0);
    if status.error is not null then
      for i in 1 .. status.error.count loop
        said := said || chr(10) || status.error(i).logtext;
      end loop;
    end if;
  exception
    when others then null;
  end;
begin
  execute immediate 'alter session set nls_language = ''AMERICAN''';
  for j in (select j.job_name, trim(j.state) as state from user_datapump_jobs j
             where substr(j.job_name, 1, length(c_prefix)) = c_prefix
               and regexp_like(substr(j.job_name, length(c_prefix) + 1), '^[0-9]{8}T[0-9]{6}$')) loop
    if j.state = 'NOT RUNNING' then
      job := dbms_datapump.attach(job_name => j.job_name, job_owner => user);
      dbms_datapump.stop_job(handle => job, immediate => 1, keep_master => 0);
      job := null;
    else
      raise_application_error(-20950, 'adbctl: the export before this one is still at work; this one is left out');
    end if;
  end loop;
  for f in (select l.object_name as name from dbms_cloud.list_files('DATA_PUMP_DIR') l
             where substr(l.object_name, 1, length(c_prefix)) = lower(c_prefix)
               and regexp_like(substr(l.object_name, length(c_prefix) + 1), '^[0-9]{8}t[0-9]{6}[.]log$')) loop
    begin
      ship(f.name, c_uri || upper(substr(f.name, length(c_prefix) + 1, 15)) || '/');
    exception
      when others then null;
    end;
  end loop;
  job := dbms_datapump.open(operation => 'EXPORT', job_mode => c_mode, job_name => pump_name);
  dbms_datapump.add_file(handle => job, filename => folder || 'dump_%L.dmp', directory => c_credential, filetype => dbms_datapump.ku$_file_type_uridump_file);
  dbms_datapump.add_file(handle => job, filename => pump_log, directory => 'DATA_PUMP_DIR', filetype => dbms_datapump.ku$_file_type_log_file);
  if c_schemas is not null then
    dbms_datapump.metadata_filter(handle => job, name => 'SCHEMA_LIST', value => c_schemas);
  end if;
  dbms_datapump.metadata_filter(handle => job, name => 'EXCLUDE_PATH_EXPR', value => 'IN (''STATISTICS'')');
  dbms_datapump.set_parameter(handle => job, name => 'COMPRESSION', value => 'ALL');
  dbms_datapump.set_parameter(handle => job, name => 'FLASHBACK_TIME', value => 'SYSTIMESTAMP');
  dbms_datapump.set_parallel(handle => job, degree => to_number(c_degree));
  begin
    dbms_datapump.start_job(handle => job);
  exception
    when started_with_information then null;
  end;
  dbms_datapump.wait_for_job(handle => job, job_state => state_now);
  job := null;
  log_file := utl_file.fopen('DATA_PUMP_DIR', pump_log, 'r', 32767);
  begin
    loop
      utl_file.get_line(log_file, line_now);
      if line_now is not null then last_line := line_now; end if;
      if line_now like 'Processing object %' then paths := paths || ',"' || substr(line_now, 24) || '"'; end if;
      if substr(line_now, 1, 4) = 'ORA-' then errors := errors + 1; end if;
      name_now := regexp_substr(line_now, '^ *[.] [.] exported ("[^"]+"[.]"[^"]+")', 1, 1, null, 1);
      row_count := to_number(regexp_substr(line_now, ' ([0-9]+) rows? *$', 1, 1, null, 1));
      if name_now is not null and row_count is not null then
        rows_of(name_now) := case when rows_of.exists(name_now) then rows_of(name_now) else 0 end + row_count;
        total := total + row_count;
      end if;
    end loop;
  exception
    when no_data_found then utl_file.fclose(log_file);
  end;
  outcome := case when last_line like '%successfully completed%' then 'succeeded' else 'errors' end;
  ship(pump_log, folder);
  select '{"database_version": "' || max(p.version_full) || '", "time_zone_file": ' || (select max(t.version) from v$timezone_file t) || chr(125)
    into versions from product_component_version p where p.product like 'Oracle Database%';
  name_now := rows_of.first;
  while name_now is not null loop
    tables := tables || case when tables is not null then ', ' end || '{"schema": ' || text_of(name_now, 1)
      || ', "table": ' || text_of(name_now, 3) || ', "rows": ' || rows_of(name_now) || chr(125);
    name_now := rows_of.next(name_now);
  end loop;
  manifest := c_manifest || ', "started": "' || stamp || '", "job": "' || pump_name || '", "outcome": "' || outcome || '", "errors": ' || errors
    || ', "versions": ' || versions || ', "rows": ' || total || ', "paths": [' || substr(paths, 2) || '], "tables": [' || tables || ']' || chr(125);
  dbms_lob.createtemporary(content, true);
  dbms_lob.converttoblob(content, manifest, dbms_lob.lobmaxsize, to_place, from_place, dbms_lob.default_csid, language, warned);
  dbms_cloud.put_object(credential_name => c_credential, object_uri => folder || 'manifest.json', contents => content);
  if outcome <> 'succeeded' then
    raise_application_error(-20951, 'adbctl: the export failed: ' || substr(last_line, 1, 1800));
  end if;
exception
  when others then
    code := sqlcode;
    said := sqlerrm;
    if job is not null then
      add_details;
      begin
        dbms_datapump.stop_job(handle => job, immediate => 1, keep_master => 0);
      exception
        when others then null;
      end;
    end if;
    if c_alert is not null then
      begin
        dbms_cloud_notification.send_message(provider => 'email', credential_name => c_alert_credential,
          message => pump_name || ': ' || said, params => c_alert);
      exception
        when others then said := substr(said, 1, 1000) || '; and nobody could be told: ' || sqlerrm;
      end;
    end if;
    if code between -20999 and -20000 then
      raise_application_error(code, substr(regexp_replace(said, '^ORA-[0-9]+: ', ''), 1, 1900));
    end if;
    raise_application_error(-20952, substr('adbctl: the export failed: ' || said, 1, 1900));
end;
}';
  select count(*) into known from user_scheduler_jobs j where j.job_name = :job_name;
  if known > 0 then
    dbms_scheduler.drop_job(job_name => job_path, force => true);
  end if;
  execute immediate 'create or replace function ' || code_path || ' return varchar2 authid definer is begin return '
    || quoted(work) || '; end;';
  dbms_scheduler.create_job(job_name => job_path, job_type => 'PLSQL_BLOCK',
    job_action => 'begin execute immediate ' || code_path || '; end;', start_date => systimestamp,
    repeat_interval => :repeat_interval, enabled => true, auto_drop => false, comments => 'adbctl: exports to ' || substr(:uri, 1, 200));
  commit;
end;
