-- purpose: Stops a running Data Pump job so that it can go on later: its control table stays.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: DATAPUMP_CLOUD_EXP or DATAPUMP_CLOUD_IMP
-- param job_name: bind varchar2 in - the job's name
-- param stopped: bind number out - 1 where it ran, and was stopped
declare
  job number;
  known number;
begin
  :stopped := 0;
  select count(*) into known
    from user_datapump_jobs j
   where j.job_name = :job_name and trim(j.state) in ('EXECUTING', 'DEFINING');
  if known > 0 then
    job := dbms_datapump.attach(job_name => :job_name, job_owner => user);
    dbms_datapump.stop_job(handle => job, immediate => 1, keep_master => 1);
    :stopped := 1;
  end if;
end;
