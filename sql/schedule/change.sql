-- purpose: Pauses, resumes, runs or drops the scheduler job that exports. One whose export is going on is not dropped: the
--   export would lose its log and its manifest.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: CREATE JOB
-- param job_name: bind varchar2 in - the scheduler job's name
-- param wish: bind varchar2 in - pause, resume, run or drop
-- param outcome: bind varchar2 out - what was done; nothing where there is no such job
declare
  known number;
  busy number;
  job_path varchar2(130) := dbms_assert.enquote_name(:job_name, false);
begin
  :outcome := null;
  select count(*) into known from user_scheduler_jobs j where j.job_name = :job_name;
  select count(*) into busy from user_scheduler_running_jobs r where r.job_name = :job_name;
  if :wish = 'drop' and busy > 0 then
    raise_application_error(-20953, 'adbctl: an export of ' || :job_name || ' is going on; it would lose its log and manifest. '
      || 'Pause the schedule and let it end first');
  end if;
  if known > 0 then
    case :wish
      when 'pause' then dbms_scheduler.disable(name => job_path, force => true);
      when 'resume' then dbms_scheduler.enable(name => job_path);
      when 'run' then dbms_scheduler.run_job(job_name => job_path, use_current_session => false);
      when 'drop' then dbms_scheduler.drop_job(job_name => job_path, force => true);
    end case;
  end if;
  if :wish = 'drop' then
    select count(*) into busy from user_objects o where o.object_type = 'FUNCTION' and o.object_name = :job_name || '_CODE';
    if busy > 0 then
      execute immediate 'drop function ' || dbms_assert.enquote_name(:job_name || '_CODE', false);
    end if;
  end if;
  if known > 0 or :wish = 'drop' then
    :outcome := :wish;
    commit;
  end if;
end;
