-- purpose: Pauses, resumes, runs or drops the scheduler job that exports; its procedure goes with it.
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
begin
  :outcome := null;
  select count(*) into known from user_scheduler_jobs j where j.job_name = :job_name;
  if known > 0 then
    case :wish
      when 'pause' then dbms_scheduler.disable(name => '"' || :job_name || '"', force => true);
      when 'resume' then dbms_scheduler.enable(name => '"' || :job_name || '"');
      when 'run' then dbms_scheduler.run_job(job_name => '"' || :job_name || '"', use_current_session => false);
      when 'drop' then dbms_scheduler.drop_job(job_name => '"' || :job_name || '"', force => true);
    end case;
    :outcome := :wish;
    commit;
  elsif :wish = 'drop' then
    :outcome := :wish;
  end if;
  if :wish = 'drop' then
    select count(*) into known from user_objects o where o.object_name = :job_name || '_RUN' and o.object_type = 'PROCEDURE';
    if known > 0 then
      execute immediate 'drop procedure "' || :job_name || '_RUN"';
    end if;
  end if;
end;
