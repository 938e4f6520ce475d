-- purpose: Lists the triggers of tables, and the foreign keys that begin or end at them, with their states, whoever owns them.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 300
-- privileges: SELECT on DBA_TRIGGERS, DBA_CONSTRAINTS, DBA_PART_TABLES
-- param tables: bind clob in - JSON array of objects with owner and table_name
with chosen as (
  select r.owner_name, r.table_name
    from json_table(:tables, '$[*]' columns (
           owner_name varchar2(128) path '$.owner', table_name varchar2(128) path '$.table_name')) r
)
select 'trigger' as kind, g.owner, g.trigger_name as name, g.table_owner, g.table_name, g.status, null as validated, null as rely,
       null as parent_owner, null as parent_table, 'NO' as partitions
  from dba_triggers g
  join chosen c on c.owner_name = g.table_owner and c.table_name = g.table_name
 where trim(g.base_object_type) = 'TABLE'
union all
select 'foreign key', k.owner, k.constraint_name, k.owner, k.table_name, k.status, k.validated, k.rely, p.owner, p.table_name,
       case
         when exists (
                select 1
                  from dba_part_tables t
                 where t.owner = k.owner and t.table_name = k.table_name and t.ref_ptn_constraint_name = k.constraint_name)
           then 'YES'
         else 'NO'
       end
  from dba_constraints k
  join dba_constraints p on p.owner = k.r_owner and p.constraint_name = k.r_constraint_name
 where k.constraint_type = 'R'
   and (exists (select 1 from chosen c where c.owner_name = k.owner and c.table_name = k.table_name)
        or exists (select 1 from chosen c where c.owner_name = p.owner and c.table_name = p.table_name))
 order by 1, 2, 5, 3
