-- purpose: Lists what of these schemas refers to objects of other people's schemas: foreign keys, synonyms, and code and
--   views. In a dump of these schemas alone the other side is missing.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 300
-- privileges: SELECT on DBA_CONSTRAINTS, DBA_SYNONYMS, DBA_DEPENDENCIES and DBA_USERS
-- param schemas: bind clob in - JSON array of schemas' names as the database keeps them
with listed as (
  select s.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) s
), others as (
  select u.username as name
    from dba_users u
   where u.oracle_maintained = 'N' and u.username not in (select l.name from listed l)
)
select 'foreign key' as kind, c.owner, c.table_name || '.' || c.constraint_name as name, c.r_owner as schema_to_add,
       p.table_name as refers_to
  from dba_constraints c
  join dba_constraints p on p.owner = c.r_owner and p.constraint_name = c.r_constraint_name
 where c.constraint_type = 'R' and c.owner in (select l.name from listed l) and c.r_owner in (select o.name from others o)
union all
select 'synonym', s.owner, s.synonym_name, s.table_owner, s.table_name
  from dba_synonyms s
 where s.owner in (select l.name from listed l) and s.table_owner in (select o.name from others o) and s.db_link is null
union all
select distinct lower(d.type), d.owner, d.name, d.referenced_owner, d.referenced_name
  from dba_dependencies d
 where d.owner in (select l.name from listed l) and d.referenced_owner in (select o.name from others o)
   and d.type <> 'SYNONYM' and d.referenced_link_name is null
 order by 1, 2, 3, 4, 5
