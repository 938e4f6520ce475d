-- purpose: Lists what a Data Pump job left behind in the database: its row in the job view, its control table.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: none beyond the job owner's own
-- param job_name: bind varchar2 in - the job's name
select 'job' as kind, j.job_name as name, trim(j.state) as state
  from user_datapump_jobs j
 where j.job_name = :job_name
union all
select 'table', t.table_name, null
  from user_tables t
 where t.table_name = :job_name
