-- purpose: Lists the scheduler jobs that belong to people's schemas, on and off, with the runs they had.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_SCHEDULER_JOBS and DBA_USERS
select j.owner, j.job_name, j.enabled, j.state, j.run_count, j.failure_count, j.last_start_date, j.next_run_date
  from dba_scheduler_jobs j
 where j.owner in (select u.username from dba_users u where u.oracle_maintained = 'N')
 order by j.owner, j.job_name
