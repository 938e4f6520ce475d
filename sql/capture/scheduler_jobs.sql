-- purpose: Lists the whole definitions of the scheduler jobs of people's schemas.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_SCHEDULER_JOBS and DBA_USERS
select j.owner, j.job_name, j.job_style, j.job_type, j.job_action, j.number_of_arguments, j.program_owner, j.program_name,
       j.schedule_owner, j.schedule_name, to_char(j.start_date, 'YYYY-MM-DD"T"HH24:MI:SS TZR') as start_date, j.repeat_interval,
       to_char(j.end_date, 'YYYY-MM-DD"T"HH24:MI:SS TZR') as end_date, j.job_class, j.enabled, j.auto_drop, j.credential_name, j.comments
  from dba_scheduler_jobs j
 where j.owner in (select u.username from dba_users u where u.oracle_maintained = 'N')
 order by j.owner, j.job_name
