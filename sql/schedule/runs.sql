-- purpose: Lists the last runs of the scheduler job that exports. A run fails where its export does.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: none beyond the user's own
-- param job_name: bind varchar2 in - the scheduler job's name
select d.log_id, d.log_date, d.status, d.error# as error_code, d.actual_start_date, d.additional_info
  from user_scheduler_job_run_details d
 where d.job_name = :job_name
 order by d.log_id desc
 fetch first 10 rows only
