-- purpose: Says how far a Data Pump job is. It attaches only while the job executes: attaching to one that does not
--   would set it idling.
-- side: any
-- effect: read
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: SELECT on V$SESSION_LONGOPS and USER_RESUMABLE
-- param job_name: bind varchar2 in - the job's name
-- param patience: bind number in - for how many seconds it waits for news; 0 where the session is not held
-- param job_state: bind varchar2 out - its state; nothing where there is no such job any more
-- param error_count: bind number out - how many errors it has met; nothing where that is not known
-- param percent_done: bind number out - how much of the rows is done, in percent; nothing where that is not known
-- param waits_for: bind varchar2 out - why it stands still until somebody gives it room; nothing where it does not
declare
  job number;
  code number;
  state_now varchar2(30);
  what number := dbms_datapump.ku$_status_job_status;
  status ku$_status;
begin
  -- Asked for its status alone it answers at once.
  if to_number(:patience) > 0 then
    what := what + dbms_datapump.ku$_status_wip;
  end if;
  :error_count := null;
  :percent_done := null;
  :waits_for := null;
  select trim(max(j.state)) into state_now from user_datapump_jobs j where j.job_name = :job_name;
  if state_now in ('EXECUTING', 'COMPLETING') then
    -- One that was stopped and goes on has rows of before, too.
    select round(100 * max(l.sofar) keep (dense_rank last order by l.start_time)
                 / nullif(max(l.totalwork) keep (dense_rank last order by l.start_time), 0)) into :percent_done
      from v$session_longops l
     where l.opname = :job_name;
    -- Workers call their resumable statements after the job.
    select max(r.error_msg) into :waits_for
      from user_resumable r
     where r.status = 'SUSPENDED' and instr(r.name, :job_name) > 0;
  end if;
  if state_now = 'EXECUTING' then
    begin
      job := dbms_datapump.attach(job_name => :job_name, job_owner => user);
      status := dbms_datapump.get_status(job, what, to_number(:patience));
      :error_count := status.job_status.error_count;
      :percent_done := nvl(status.job_status.percent_done, :percent_done);
      dbms_datapump.detach(handle => job);
    exception
      when others then
        code := sqlcode;
        if job is not null then
          begin
            -- A session that stays attached would keep a job that halts idling.
            dbms_datapump.detach(handle => job);
          exception
            when others then
              null;
          end;
        end if;
        -- It ended between the two questions; the next look tells.
        if code not in (-31623, -31626, -39004) then
          raise;
        end if;
    end;
  end if;
  :job_state := state_now;
end;
