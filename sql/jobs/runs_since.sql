-- purpose: Lists the runs that jobs of people's schemas had since a moment.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_SCHEDULER_JOB_RUN_DETAILS and DBA_USERS
-- param since: bind varchar2 in - the moment in UTC, as YYYY-MM-DD"T"HH24:MI:SS
select d.log_id, d.owner, d.job_name, d.status, d.actual_start_date
  from dba_scheduler_job_run_details d
 where d.actual_start_date >= from_tz(to_timestamp(:since, 'YYYY-MM-DD"T"HH24:MI:SS'), 'UTC')
   and d.owner in (select u.username from dba_users u where u.oracle_maintained = 'N')
 order by d.log_id
