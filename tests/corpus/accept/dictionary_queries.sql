-- Questions a DBA asks the dictionary.

select owner_name, job_name, trim(operation) operation, trim(job_mode) job_mode, state, degree, attached_sessions
  from dba_datapump_jobs where state <> 'NOT RUNNING' order by 1, 2;

select s.sid, s.serial#, s.username, d.job_name, d.session_type
  from gv$session s, dba_datapump_sessions d
 where s.saddr = d.saddr and s.inst_id = d.inst_id;

select opname, sofar, totalwork, round(sofar / nullif(totalwork, 0) * 100, 1) pct, time_remaining
  from v$session_longops where opname like 'SCH\_%' escape '\' and sofar != totalwork;

select credential_name, username, enabled from user_credentials where credential_name = :credential;

select owner, object_type, object_name, last_ddl_time from dba_objects
 where status = 'INVALID' and owner not in ('SYS', 'SYSTEM') and oracle_maintained = 'N' order by owner, object_type;

select owner, name, type, line, position, text, attribute from dba_errors where owner = :1 order by sequence;

select trigger_name, triggering_event, status from dba_triggers where table_owner = :owner and base_object_type = 'TABLE';

select sequence_owner, sequence_name, last_number, increment_by, cycle_flag, cache_size from dba_sequences q
 where not exists (select null from dba_tab_identity_cols i
                    where i.owner = q.sequence_owner and i.sequence_name = q.sequence_name);

select job_name, enabled, state, failure_count, next_run_date - systimestamp as wait from dba_scheduler_jobs
 where owner = 'APP' and nvl(run_count, 0) > 0;

select job_name, log_date, status, error#, additional_info from dba_scheduler_job_run_details
 where log_date > systimestamp - interval '1' day order by log_date desc nulls last fetch first 10 rows only;

select c.owner, c.table_name, c.constraint_name, p.table_name parent, c.delete_rule, c.validated
  from dba_constraints c
  join dba_constraints p on p.owner = c.r_owner and p.constraint_name = c.r_constraint_name
 where c.constraint_type = 'R' and c.status = 'ENABLED';

select owner, db_link, username, host, valid from dba_db_links order by owner, db_link;

select grantee, privilege from dba_sys_privs where grantee = 'APP'
union all
select grantee, granted_role from dba_role_privs where grantee = 'APP'
minus
select 'APP', 'CREATE SESSION' from dual order by 2;

select grantee, owner || '.' || table_name as object, listagg(privilege, ',') within group (order by privilege) privileges
  from dba_tab_privs group by grantee, owner || '.' || table_name having count(*) > 1;

select username, account_status, lock_date, expiry_date, profile, common from dba_users
 where regexp_like(username, '^APP') or (username, profile) in (('A', 'B'), ('C', 'D'));

select host, lower_port, upper_port, principal, privilege from dba_host_aces where principal = 'APP';

select con_id, name, open_mode, json_value(cloud_identity, '$.DATABASE_OCID') ocid from v$pdbs;

select jt.* from v$pdbs p, json_table(p.cloud_identity, '$' columns (
  database_name varchar2(128) path '$.DATABASE_NAME', region varchar2(64) path '$.REGION',
  row_number for ordinality, nested path '$.tags[*]' columns (tag varchar2(30) path '$'))) jt;

select property_name, property_value from database_properties where property_name in ('DEFAULT_CREDENTIAL', 'DBTIMEZONE');

select argument_name, position, data_type, in_out, defaulted from all_arguments
 where package_name = 'HTMLDB_UTIL' and object_name = 'CREATE_USER' and owner like 'APEX\_%' escape '\' order by overload, position;

select version_no, patch_applied from apex_release;

select object_name, bytes, to_char(last_modified, 'YYYY-MM-DD"T"HH24:MI:SS')
  from dbms_cloud.list_objects('DMP_CRED', 'https://objectstorage.eu-frankfurt-1.oraclecloud.com/n/ns/b/bucket/o/')
 where object_name like 'temp/%';

select * from table(dbms_cloud.list_files('DATA_PUMP_DIR')) order by last_modified desc;

select * from dba_directories d left outer join dba_tab_privs p on p.table_name = d.directory_name where p.grantee is null;

with sizes (owner, bytes) as (select owner, sum(bytes) from dba_segments group by owner),
     ranked as (select owner, bytes, rank() over (order by bytes desc) place from sizes)
select owner, bytes / 1024 / 1024 mb, case when place = 1 then 'largest' else to_char(place) end from ranked where place <= 5;

select count(*), count(distinct owner), max(created) keep (dense_rank last order by object_id) from dba_objects;

select username, sum(count(*)) over (partition by status order by username rows between unbounded preceding and current row)
  from v$session group by username, status;

select level, lpad(' ', 2 * (level - 1)) || name, connect_by_root name, sys_connect_by_path(name, '/')
  from parts start with parent_id is null connect by nocycle prior id = parent_id order siblings by name;

select rownum, rowid, t.rowid, sysdate, user, uid from some_table t where rownum <= 5;

select to_char(sysdate + level - 1, 'DY') from dual connect by level <= 7;

select a.id, b.name from a, b where a.id = b.id(+) and b.kind(+) = 'X';

select sys_context('USERENV', 'CURRENT_SCHEMA'), dbms_random.value, app_seq.nextval, other.seq.currval from dual;

select * from (select t.*, row_number() over (partition by k order by v desc) rn from t) where rn = 1;

select department, grouping(department), sum(salary) from emp group by rollup (department, job), cube (a), grouping sets ((a, b), (a), ());

select extract(year from sysdate), trim(both 'x' from name), trim(name), trim(leading from name),
       cast(x as varchar2(10 char)), cast('1' as number(10, 2)), date '2026-05-19', timestamp '2026-05-19 10:00:00',
       interval '1-2' year to month, interval '3' day (3), systimestamp at time zone 'UTC' from t;

select q'[it's]', nq'{x}', N'y', 'it''s', 1e3, .5, 1.5f, 2d, -1, +2 from dual;

select * from orders as of timestamp (systimestamp - interval '10' minute) where id = 1;

select * from orders sample (10) as of scn 123456 o for update of o.status skip locked;

select * from orders offset 10 rows fetch next 5 percent rows with ties;

select case status when 'A' then 1 when 'B' then 2 end, nvl2(a, b, c), decode(a, 1, 'x', 'y') from t
 where a between 1 and 2 and b not between 3 and 4 and c not like 'x%' and d is not null and not (e = 1 or f <> 2)
   and g >= all (select 1 from dual) and h = any (1, 2) and i in (select j from k) and (l, m) = (select 1, 2 from dual);

((select 1 from dual) union all (select 2 from dual)) intersect select 1 from dual;

select ((select 1 from dual) + 1), (select max(x) from t) from dual;

select json_object('a' value 1, 'b':x, key 'c' value json_array(1, 2 null on null) format json absent on null returning clob),
       json_arrayagg(name order by name returning clob), json_objectagg(k value v), json_query(d, '$.a' with wrapper)
  from t where d is json and json_exists(d, '$.a');

select "Mixed Case", "a" as "b", t."c" from "My Table" t natural join u cross join v full outer join w using (id, kind);

select e.*, d.name from scott.emp@prod_link e inner join dept d on e.deptno = d.deptno;

select * from t cross apply (select * from u where u.id = t.id) x, lateral (select 1 one from dual) y;

select first_value(a ignore nulls) over (partition by b order by c), lag(a, 1, 0) over (order by c range between 1 preceding and 1 following),
       percentile_cont(0.5) within group (order by a) from t;

select /*+ full(t) */ distinct a, -- a comment
       /* another */ b from t where a != 1 and b ^= 2 and c <> 3;
select a from t where b in (select c from u order by c fetch first 3 rows only) and d = (select max(e) from (select e from f order by e));
