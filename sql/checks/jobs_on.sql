-- purpose: Lists those of the recorded jobs that are enabled.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_SCHEDULER_JOBS
-- param jobs: bind clob in - JSON array of objects with owner and job_name, as record_enabled gives them
select j.owner, j.job_name, j.state
  from dba_scheduler_jobs j
  join json_table(:jobs, '$[*]' columns (owner varchar2(128) path '$.owner', job_name varchar2(128) path '$.job_name')) r
    on r.owner = j.owner and r.job_name = j.job_name
 where j.enabled = 'TRUE'
 order by j.owner, j.job_name
