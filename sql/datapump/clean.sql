-- purpose: Takes away what a Data Pump job left that does not run: its control table, and its log in DATA_PUMP_DIR. It
--   cannot go on after that.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: DATAPUMP_CLOUD_EXP or DATAPUMP_CLOUD_IMP; EXECUTE on DBMS_CLOUD and UTL_FILE; WRITE on directory DATA_PUMP_DIR
-- param job_name: bind varchar2 in - the job's name
-- param log_file: bind varchar2 in - its log's name in DATA_PUMP_DIR
-- param cleaned: bind number out - 1 where its control table was there, and is gone
declare
  job number;
  known number;
  log_there boolean;
  log_length number;
  log_block binary_integer;
begin
  :cleaned := 0;
  select count(*) into known
    from user_datapump_jobs j
   where j.job_name = :job_name and trim(j.state) in ('NOT RUNNING', 'IDLING', 'STOPPED');
  if known > 0 then
    job := dbms_datapump.attach(job_name => :job_name, job_owner => user);
    dbms_datapump.stop_job(handle => job, immediate => 1, keep_master => 0);
    :cleaned := 1;
  end if;
  select count(*) into known from user_datapump_jobs j where j.job_name = :job_name;
  if known = 0 then
    utl_file.fgetattr('DATA_PUMP_DIR', :log_file, log_there, log_length, log_block);
    if log_there then
      dbms_cloud.delete_file(directory_name => 'DATA_PUMP_DIR', file_name => :log_file);
    end if;
  end if;
end;
