-- purpose: Lists the sessions that work in schemas, hold rows of their tables locked, or run an application over them.
--   The session that asks is not among them.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on GV$SESSION, GV$LOCKED_OBJECT, DBA_OBJECTS
-- param schemas: bind clob in - JSON array of schemas' names as the database keeps them
-- param applications: bind clob in - JSON array of objects with application_id
with chosen as (
  select s.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) s
), numbered as (
  select l.inst_id, l.session_id, o.owner || '.' || o.object_name as name,
         row_number() over (partition by l.inst_id, l.session_id order by o.owner, o.object_name) as place
    from gv$locked_object l
    join dba_objects o on o.object_id = l.object_id
   where o.owner in (select c.name from chosen c)
), locked as (
  -- A session may lock more tables than a text holds the names of.
  select n.inst_id, n.session_id,
         listagg(case when n.place <= 10 then n.name end, ', ') within group (order by n.place)
           || case when count(*) > 10 then ' and ' || (count(*) - 10) || ' more' end as tables
    from numbered n
   group by n.inst_id, n.session_id
), found as (
  select s.inst_id, s.sid, s.serial# as serial_number, s.username, s.status, s.program, s.machine, s.module, k.tables as locks
    from gv$session s
    left join locked k on k.inst_id = s.inst_id and k.session_id = s.sid
   where s.type = 'USER'
     and (s.inst_id <> to_number(sys_context('USERENV', 'INSTANCE')) or s.sid <> to_number(sys_context('USERENV', 'SID')))
     and (k.tables is not null
          or (s.status <> 'KILLED'
              and (s.username in (select c.name from chosen c)
                   or s.schemaname in (select c.name from chosen c)
                   or (s.status = 'ACTIVE' and exists (
                         select 1
                           from json_table(:applications, '$[*]' columns (application_id number path '$.application_id')) a
                          where s.module like '%/APEX:APP ' || a.application_id || ':%')))))
)
select f.inst_id, f.sid, f.serial_number, f.username, f.status, f.program, f.machine, f.module, f.locks,
       f.username || ' (session ' || f.sid || ',' || f.serial_number || case when f.module is not null then ', ' || f.module end
         || case when f.locks is not null then ', locks ' || f.locks end || ')' as said
  from found f
 order by f.username, f.sid
