-- purpose: Lists Data Pump jobs that are there: those that run, and those that left their control table.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_DATAPUMP_JOBS
select j.owner_name, j.job_name, trim(j.operation) as operation, trim(j.state) as state
  from dba_datapump_jobs j
 order by j.owner_name, j.job_name
