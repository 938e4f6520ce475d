-- purpose: Makes a scheduler job that exports regularly. Each of its runs waits for its export, and fails where the export does,
--   so that the scheduler's record tells the truth of the exports. Runs do not overlap, and take away what failed ones left.
--   The work is a procedure, since the action of a job has 4000 bytes at most. It has the rights and roles of whom it is run by.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: CREATE JOB, CREATE PROCEDURE; DATAPUMP_CLOUD_EXP; EXECUTE on DBMS_CLOUD and UTL_FILE
-- param job_name: bind varchar2 in - the scheduler job's name; its exports' names begin so, and its procedure has this name and _RUN
-- param repeat_interval: bind varchar2 in - when it runs, as a calendar expression
-- param database_name: bind varchar2 in - the database as manifests name it
-- param database_ocid: bind varchar2 in - its OCID
-- param job_mode: bind varchar2 in - FULL or SCHEMA
-- param schema_list: bind varchar2 in - the schemas as a list of quoted names; nothing in mode FULL
-- param schemas_json: bind clob in - the schemas as a JSON array
-- param uri: bind varchar2 in - where the dumps go, with a slash at its end; each gets a folder of its own
-- param credential_name: bind varchar2 in - the credential for it
-- param degree: bind number in - how many workers at most
-- param alert: bind clob in - who is told of a failure: JSON for DBMS_CLOUD_NOTIFICATION by email, or nothing
-- param alert_credential: bind varchar2 in - the credential of the mail server, or nothing
declare
  known number;
  work varchar2(32767);

  function quoted(p_text in varchar2) return varchar2 is
  begin
    return '''' || replace(p_text, '''', '''''') || '''';
  end;

  procedure line(p_text in varchar2) is
  begin
    work := work || p_text || chr(10);
  end;
begin
  line('create or replace procedure "' || :job_name || '_RUN" authid current_user as');
  line('  type counts is table of number index by varchar2(300);');
  line('  stamp varchar2(20) := to_char(sys_extract_utc(systimestamp), ''YYYYMMDD"T"HH24MISS'');');
  line('  pump_name varchar2(128) := ' || quoted(:job_name || '_') || ' || stamp;');
  line('  pump_log varchar2(140) := lower(pump_name) || ''.log'';');
  line('  folder varchar2(2000) := ' || quoted(:uri) || ' || stamp || ''/'';');
  line('  job number; state_now varchar2(30); busy number; errors number := 0; outcome varchar2(20);');
  line('  log_file utl_file.file_type; line_now varchar2(32767); last_line varchar2(32767); said varchar2(2000);');
  line('  versions varchar2(400); rows_of counts; paths varchar2(9999); name_now varchar2(300); row_count number; total number := 0;');
  line('  tables clob; manifest clob; content blob; to_place integer := 1; from_place integer := 1; language integer := 0; warned integer;');
  line('  function text_of(p_name in varchar2, p_place in number) return varchar2 is');
  line('  begin');
  line('    return ''"'' || replace(regexp_substr(p_name, ''[^"]+'', 1, p_place), ''\'', ''\\'') || ''"'';');
  line('  end;');
  line('begin');
  line('  execute immediate ''alter session set nls_language = ''''AMERICAN'''''';');
  line('  select count(*) into busy from user_datapump_jobs j where substr(j.job_name, 1, ' || length(:job_name || '_') || ') = '
    || quoted(:job_name || '_') || ' and trim(j.state) in (''DEFINING'', ''EXECUTING'', ''COMPLETING'');');
  line('  if busy > 0 then');
  line('    raise_application_error(-20950, ''adbctl: the export before this one is still at work; this one is left out'');');
  line('  end if;');
  line('  for left_over in (select j.job_name from user_datapump_jobs j where substr(j.job_name, 1, ' || length(:job_name || '_')
    || ') = ' || quoted(:job_name || '_') || ' and trim(j.state) = ''NOT RUNNING'') loop');
  line('    job := dbms_datapump.attach(job_name => left_over.job_name, job_owner => user);');
  line('    dbms_datapump.stop_job(handle => job, immediate => 1, keep_master => 0);');
  line('  end loop;');
  line('  job := dbms_datapump.open(operation => ''EXPORT'', job_mode => ' || quoted(:job_mode) || ', job_name => pump_name);');
  line('  dbms_datapump.add_file(handle => job, filename => folder || ''dump_%L.dmp'', directory => ' || quoted(:credential_name)
    || ', filetype => dbms_datapump.ku$_file_type_uridump_file);');
  line('  dbms_datapump.add_file(handle => job, filename => pump_log, directory => ''DATA_PUMP_DIR'','
    || ' filetype => dbms_datapump.ku$_file_type_log_file);');
  if :schema_list is not null then
    line('  dbms_datapump.metadata_filter(handle => job, name => ''SCHEMA_LIST'', value => ' || quoted(:schema_list) || ');');
  end if;
  line('  dbms_datapump.metadata_filter(handle => job, name => ''EXCLUDE_PATH_EXPR'', value => ''IN (''''STATISTICS'''')'');');
  line('  dbms_datapump.set_parameter(handle => job, name => ''COMPRESSION'', value => ''ALL'');');
  line('  dbms_datapump.set_parameter(handle => job, name => ''FLASHBACK_TIME'', value => ''SYSTIMESTAMP'');');
  line('  dbms_datapump.set_parallel(handle => job, degree => ' || to_char(:degree) || ');');
  line('  dbms_datapump.start_job(handle => job);');
  line('  dbms_datapump.wait_for_job(handle => job, job_state => state_now);');
  line('  log_file := utl_file.fopen(''DATA_PUMP_DIR'', pump_log, ''r'', 32767);');
  line('  begin');
  line('    loop');
  line('      utl_file.get_line(log_file, line_now);');
  line('      if line_now is not null then last_line := line_now; end if;');
  line('      if line_now like ''Processing object %'' then paths := paths || '',"'' || substr(line_now, 24) || ''"''; end if;');
  line('      if substr(line_now, 1, 4) = ''ORA-'' then errors := errors + 1; end if;');
  line('      name_now := regexp_substr(line_now, ''^ *[.] [.] exported ("[^"]+"[.]"[^"]+")'', 1, 1, null, 1);');
  line('      row_count := to_number(regexp_substr(line_now, '' ([0-9]+) rows? *$'', 1, 1, null, 1));');
  line('      if name_now is not null and row_count is not null then');
  line('        rows_of(name_now) := case when rows_of.exists(name_now) then rows_of(name_now) else 0 end + row_count;');
  line('        total := total + row_count;');
  line('      end if;');
  line('    end loop;');
  line('  exception');
  line('    when no_data_found then utl_file.fclose(log_file);');
  line('  end;');
  line('  outcome := case when last_line like ''%successfully completed%'' then ''succeeded'' else ''errors'' end;');
  line('  dbms_cloud.put_object(credential_name => ' || quoted(:credential_name) || ', object_uri => folder || ''export.log'','
    || ' directory_name => ''DATA_PUMP_DIR'', file_name => pump_log);');
  line('  dbms_cloud.delete_file(directory_name => ''DATA_PUMP_DIR'', file_name => pump_log);');
  line('  select ''{"database_version": "'' || max(p.version_full) || ''", "time_zone_file": '' || (select max(t.version) from v$timezone_file t) || ''}''');
  line('    into versions from product_component_version p where p.product like ''Oracle Database%'';');
  line('  name_now := rows_of.first;');
  line('  while name_now is not null loop');
  line('    tables := tables || case when tables is not null then '', '' end || ''{"schema": '' || text_of(name_now, 1)');
  line('      || '', "table": '' || text_of(name_now, 3) || '', "rows": '' || rows_of(name_now) || ''}'';');
  line('    name_now := rows_of.next(name_now);');
  line('  end loop;');
  line('  manifest := '
    || quoted('{"format": 1, "kind": "export", "encrypted": false, "database": "' || :database_name || '", "ocid": "' || :database_ocid
         || '", "mode": "' || lower(:job_mode) || '", "schemas": ' || nvl(:schemas_json, '[]') || ', "started": "')
    || ' || stamp || ''", "job": "'' || pump_name || ''", "outcome": "'' || outcome || ''", "errors": '' || errors');
  line('    || '', "versions": '' || versions || '', "rows": '' || total || '', "tables": ['' || tables || '']''');
  line('    || '', "paths": ['' || substr(paths, 2) || '']}'';');
  line('  dbms_lob.createtemporary(content, true);');
  line('  dbms_lob.converttoblob(content, manifest, dbms_lob.lobmaxsize, to_place, from_place, dbms_lob.default_csid, language, warned);');
  line('  dbms_cloud.put_object(credential_name => ' || quoted(:credential_name)
    || ', object_uri => folder || ''manifest.json'', contents => content);');
  line('  if outcome <> ''succeeded'' then');
  line('    raise_application_error(-20951, ''adbctl: the export failed: '' || substr(last_line, 1, 1800));');
  line('  end if;');
  if :alert is not null then
    line('exception');
    line('  when others then');
    line('    said := substr(sqlerrm, 1, 1500);');
    line('    begin');
    line('      dbms_cloud_notification.send_message(provider => ''email'', credential_name => ' || quoted(:alert_credential)
      || ', message => pump_name || '': '' || said, params => ' || quoted(:alert) || ');');
    line('    exception');
    line('      when others then said := substr(said || ''; and nobody could be told: '' || sqlerrm, 1, 1900);');
    line('    end;');
    line('    raise_application_error(-20952, said);');
  end if;
  line('end;');
  execute immediate work;
  select count(*) into known from user_errors e where e.name = :job_name || '_RUN';
  if known > 0 then
    raise_application_error(-20953, 'adbctl: the procedure of the exports does not compile; may this user execute DBMS_CLOUD and'
      || ' DBMS_DATAPUMP by a grant of its own?');
  end if;
  select count(*) into known from user_scheduler_jobs j where j.job_name = :job_name;
  if known > 0 then
    dbms_scheduler.drop_job(job_name => '"' || :job_name || '"', force => true);
  end if;
  dbms_scheduler.create_job(job_name => '"' || :job_name || '"', job_type => 'PLSQL_BLOCK',
    job_action => 'begin "' || user || '"."' || :job_name || '_RUN"; end;', start_date => systimestamp, repeat_interval => :repeat_interval, enabled => true, auto_drop => false,
    comments => 'adbctl: exports to ' || substr(:uri, 1, 200));
  commit;
end;
