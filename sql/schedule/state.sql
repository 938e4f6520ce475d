-- purpose: Says how the scheduler job that exports is set.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: none beyond the user's own
-- param job_name: bind varchar2 in - the scheduler job's name
select j.job_name, j.enabled, j.state, j.repeat_interval, j.run_count, j.failure_count, j.next_run_date, j.comments
  from user_scheduler_jobs j
 where j.job_name = :job_name
