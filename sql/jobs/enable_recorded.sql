-- purpose: Switches the recorded jobs on again, by name.
--   Jobs that are gone meanwhile are left out of the count.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: MANAGE SCHEDULER, CREATE ANY JOB, SELECT on DBA_SCHEDULER_JOBS
-- param jobs: bind clob in - JSON array of objects with owner and job_name, as jobs/record gives them
-- param changed: bind number out - how many jobs were there
declare
  job_path varchar2(300);
  done number := 0;
begin
  for job in (
    select r.owner, r.job_name
      from json_table(:jobs, '$[*]' columns (owner varchar2(128) path '$.owner', job_name varchar2(128) path '$.job_name')) r
     where exists (select 1 from dba_scheduler_jobs j where j.owner = r.owner and j.job_name = r.job_name)
  ) loop
    job_path := dbms_assert.enquote_name(job.owner, false) || '.' || dbms_assert.enquote_name(job.job_name, false);
    dbms_scheduler.enable(name => job_path);
    done := done + 1;
  end loop;
  commit;
  :changed := done;
end;
