-- purpose: Defines and starts a Data Pump job. The job's name is the key: where a job or a log of that name is there
--   already, nothing is started a second time.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: DATAPUMP_CLOUD_EXP or DATAPUMP_CLOUD_IMP; EXECUTE on UTL_FILE; READ and WRITE on directory DATA_PUMP_DIR
-- param operation: bind varchar2 in - EXPORT or IMPORT
-- param job_mode: bind varchar2 in - FULL, SCHEMA or TABLE
-- param job_name: bind varchar2 in - the job's name, which is its control table's name too
-- param job_version: bind varchar2 in - the version the dump is for; nothing: the database's own compatibility
-- param files: bind clob in - JSON array of the dump files' addresses in Object Storage
-- param credential_name: bind varchar2 in - the credential for these addresses
-- param log_file: bind varchar2 in - the log's name in DATA_PUMP_DIR
-- param degree: bind number in - how many workers at most
-- param settings: bind clob in - JSON array of the job's filters, remaps, transforms and parameters, in order
-- param left_out: bind clob in - JSON array of object paths to leave out beside those of the settings
-- param left_tables: bind clob in - JSON array of tables' names to leave out beside those of the settings
-- param encryption_password: bind varchar2 in - the dump's password, or nothing
-- param started: bind number out - 1 where this block started the job, 0 where it was there already
-- param failure: bind clob out - what Data Pump said where it refused the job, its details included
declare
  job number;
  known number;
  log_there boolean;
  log_length number;
  log_block binary_integer;
  said clob;
  left_out varchar2(4000);
  left_tables clob;
  ours boolean := false;
  started_with_information exception;
  pragma exception_init(started_with_information, -31627);

  procedure add_details is
    status ku$_status;
  begin
    -- Only the session that met the refusal can ask for its details.
    status := dbms_datapump.get_status(job, dbms_datapump.ku$_status_job_error, 0);
    if status.error is not null then
      for i in 1 .. status.error.count loop
        said := said || chr(10) || status.error(i).logtext;
      end loop;
    end if;
  exception
    when others then
      null;
  end;
begin
  :started := 0;
  :failure := null;
  execute immediate 'alter session set nls_language = ''AMERICAN''';
  select count(*) into known from user_datapump_jobs j where j.job_name = :job_name;
  utl_file.fgetattr('DATA_PUMP_DIR', :log_file, log_there, log_length, log_block);
  if known = 0 and not log_there then
    ours := true;
    job := dbms_datapump.open(operation => :operation, job_mode => :job_mode, job_name => :job_name,
      version => nvl(:job_version, 'COMPATIBLE'));
    for f in (select t.uri from json_table(:files, '$[*]' columns (uri varchar2(4000) path '$')) t) loop
      dbms_datapump.add_file(handle => job, filename => f.uri, directory => :credential_name,
        filetype => dbms_datapump.ku$_file_type_uridump_file);
    end loop;
    dbms_datapump.add_file(handle => job, filename => :log_file, directory => 'DATA_PUMP_DIR',
      filetype => dbms_datapump.ku$_file_type_log_file);
    for s in (
      select t.call, t.name, t.text, t.amount, t.object_path, t.old_value, t.owner_name, t.table_name, t.column_name
        from json_table(:settings, '$[*]' columns (
               position for ordinality, call varchar2(30) path '$.call', name varchar2(128) path '$.name',
               text varchar2(4000) path '$.text', amount number path '$.number', object_path varchar2(200) path '$.object',
               old_value varchar2(4000) path '$.old', owner_name varchar2(128) path '$.schema',
               table_name varchar2(128) path '$.table', column_name varchar2(128) path '$.column')) t
       order by t.position
    ) loop
      if s.call = 'metadata_filter' then
        dbms_datapump.metadata_filter(handle => job, name => s.name, value => s.text, object_path => s.object_path);
      elsif s.call = 'metadata_remap' then
        dbms_datapump.metadata_remap(handle => job, name => s.name, old_value => s.old_value, value => s.text);
      elsif s.call = 'metadata_transform' and s.amount is null then
        dbms_datapump.metadata_transform(handle => job, name => s.name, value => s.text);
      elsif s.call = 'metadata_transform' then
        dbms_datapump.metadata_transform(handle => job, name => s.name, value => s.amount);
      elsif s.call = 'data_filter' and s.amount is null then
        dbms_datapump.data_filter(handle => job, name => s.name, value => s.text, table_name => s.table_name,
          schema_name => s.owner_name);
      elsif s.call = 'data_filter' then
        dbms_datapump.data_filter(handle => job, name => s.name, value => s.amount, table_name => s.table_name,
          schema_name => s.owner_name);
      elsif s.call = 'data_remap' then
        -- By position: releases do not agree on the name of the fifth parameter.
        dbms_datapump.data_remap(job, s.name, s.table_name, s.column_name, s.text, s.owner_name);
      elsif s.amount is null then
        dbms_datapump.set_parameter(handle => job, name => s.name, value => s.text);
      else
        dbms_datapump.set_parameter(handle => job, name => s.name, value => s.amount);
      end if;
    end loop;
    select listagg('''' || replace(t.path, '''', '''''') || '''', ',') within group (order by t.path)
      into left_out from json_table(:left_out, '$[*]' columns (path varchar2(200) path '$')) t;
    if left_out is not null then
      dbms_datapump.metadata_filter(handle => job, name => 'EXCLUDE_PATH_EXPR', value => 'IN (' || left_out || ')');
    end if;
    for t in (select j.name from json_table(:left_tables, '$[*]' columns (name varchar2(128) path '$')) j order by j.name) loop
      left_tables := left_tables || case when left_tables is not null then ',' end || '''' || replace(t.name, '''', '''''') || '''';
    end loop;
    if left_tables is not null then
      dbms_datapump.metadata_filter(handle => job, name => 'NAME_EXPR', value => 'NOT IN (' || left_tables || ')', object_path => 'TABLE');
    end if;
    if :encryption_password is not null then
      dbms_datapump.set_parameter(handle => job, name => 'ENCRYPTION_PASSWORD', value => :encryption_password);
    end if;
    dbms_datapump.set_parallel(handle => job, degree => :degree);
    begin
      dbms_datapump.start_job(handle => job);
    exception
      -- The job was started, and there is more to be said of it, which its log says.
      when started_with_information then
        null;
    end;
    dbms_datapump.detach(handle => job);
    :started := 1;
  end if;
exception
  when others then
    said := sqlerrm;
    add_details;
    if job is not null then
      begin
        -- A job that was never started goes with its last session; this makes it go now.
        dbms_datapump.stop_job(handle => job, immediate => 1, keep_master => 0);
      exception
        when others then
          null;
      end;
    end if;
    if ours and :started = 0 then
      begin
        -- What a refused job wrote must not look like the log of one that ran.
        utl_file.fgetattr('DATA_PUMP_DIR', :log_file, log_there, log_length, log_block);
        if log_there then
          utl_file.fremove('DATA_PUMP_DIR', :log_file);
        end if;
      exception
        when others then
          null;
      end;
    end if;
    :failure := said;
end;
