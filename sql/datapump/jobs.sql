-- purpose: Lists the Data Pump jobs of the database, running and left over, with how far their rows are.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_DATAPUMP_JOBS and V$SESSION_LONGOPS
select j.owner_name as owner, j.job_name as job, trim(j.operation) as operation, trim(j.job_mode) as job_mode,
       trim(j.state) as state, j.degree as workers, j.attached_sessions as attached,
       (select round(100 * max(l.sofar) keep (dense_rank last order by l.start_time)
                     / nullif(max(l.totalwork) keep (dense_rank last order by l.start_time), 0)) from v$session_longops l
         where l.opname = j.job_name and l.username = j.owner_name) as percent
  from dba_datapump_jobs j
 order by j.owner_name, j.job_name
