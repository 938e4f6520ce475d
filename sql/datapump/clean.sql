-- purpose: Takes away what a Data Pump job left that does not run: its control table. It cannot go on after
--   that.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: DATAPUMP_CLOUD_EXP or DATAPUMP_CLOUD_IMP
-- param job_name: bind varchar2 in - the job's name
-- param cleaned: bind number out - 1 where its control table was there, and is gone
declare
  job number;
  known number;
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
end;
