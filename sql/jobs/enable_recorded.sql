-- purpose: Switches the recorded jobs on again, by name.
--   Jobs that are gone meanwhile are left out of the count. One that cannot be switched on does not keep the others off.
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
  failures varchar2(32767);
begin
  for job in (
    select r.owner, r.job_name
      from json_table(:jobs, '$[*]' columns (owner varchar2(128) path '$.owner', job_name varchar2(128) path '$.job_name')) r
     where exists (select 1 from dba_scheduler_jobs j where j.owner = r.owner and j.job_name = r.job_name)
  ) loop
    job_path := dbms_assert.enquote_name(job.owner, false) || '.' || dbms_assert.enquote_name(job.job_name, false);
    begin
      dbms_scheduler.enable(name => job_path);
      done := done + 1;
    exception
      when others then
        -- Gone meanwhile: there is nothing to be switched on.
        if sqlcode not in (-27475, -27476) then
          failures := substr(failures || job_path || ': ' || sqlerrm || chr(10), 1, 1500);
        end if;
    end;
  end loop;
  commit;
  :changed := done;
  if failures is not null then
    raise_application_error(-20927, 'adbctl: jobs that could not be switched on: ' || failures);
  end if;
end;
