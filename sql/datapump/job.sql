-- purpose: Says whose the Data Pump jobs of one name are and how they stand. Only its owner can stop or restart a job.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_DATAPUMP_JOBS
-- param job_name: bind varchar2 in - the job's name
select j.owner_name as owner, trim(j.state) as state, case when j.owner_name = user then 'YES' else 'NO' end as own
  from dba_datapump_jobs j
 where j.job_name = :job_name
 order by case when j.owner_name = user then 1 else 2 end, j.owner_name
