-- purpose: Says which rules of masking cannot be applied, and why.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_TAB_COLS, DBA_CONSTRAINTS, DBA_CONS_COLUMNS, DBA_INDEXES, DBA_IND_COLUMNS, DBA_PROCEDURES
-- param rules: bind clob in - JSON array of objects with schema, table, column, name and rule, and own for functions of somebody's own
-- param strict: bind number in - 1: a rule on a column of a key is a problem too
with rules as (
  select r.owner_name, r.table_name, r.column_name, r.shown, r.rule, r.own
    from json_table(:rules, '$[*]' columns (
           owner_name varchar2(128) path '$.schema', table_name varchar2(128) path '$.table',
           column_name varchar2(128) path '$.column', shown varchar2(400) path '$.name', rule varchar2(400) path '$.rule',
           own varchar2(5) path '$.own')) r
), found as (
  select r.owner_name, r.table_name, r.column_name, r.shown, r.rule, r.own, c.data_type, c.virtual_column
    from rules r
    left join dba_tab_cols c
      on c.owner = r.owner_name and c.table_name = r.table_name and c.column_name = r.column_name
), problems as (
  select f.shown as name, 'there is no such column' as problem
    from found f
   where f.data_type is null
  union all
  select f.shown, 'its values are computed; mask what they are computed from'
    from found f
   where f.virtual_column = 'YES'
  union all
  select f.shown, 'rule ' || f.rule || ' is not for type ' || f.data_type
    from found f
   where f.own = 'false'
     and f.data_type is not null
     and not (f.rule in ('email', 'phone', 'name', 'national_id', 'free_text') and f.data_type in ('VARCHAR2', 'CHAR'))
     and not (f.rule = 'number' and f.data_type = 'NUMBER')
     and not (f.rule = 'date' and f.data_type = 'DATE')
     and not (f.rule = 'timestamp' and regexp_like(f.data_type, '^TIMESTAMP\([0-9]\)$'))
  union all
  select f.shown, 'there is no function ' || f.rule || ' in a package'
    from found f
   where f.own = 'true'
     and not exists (
           select 1
             from dba_procedures o
            where o.object_type = 'PACKAGE'
              and o.owner || '.' || o.object_name || '.' || o.procedure_name = replace(f.rule, '"'))
  union all
  select f.shown, 'it is part of a key (' || k.constraint_name || ')'
    from found f
    join dba_cons_columns k
      on k.owner = f.owner_name and k.table_name = f.table_name and k.column_name = f.column_name
    join dba_constraints c
      on c.owner = k.owner and c.constraint_name = k.constraint_name
   where :strict = 1
     and c.constraint_type in ('P', 'U', 'R')
  union all
  select f.shown, 'it is part of a unique index (' || i.index_name || ')'
    from found f
    join dba_ind_columns k
      on k.table_owner = f.owner_name and k.table_name = f.table_name and k.column_name = f.column_name
    join dba_indexes i
      on i.owner = k.index_owner and i.index_name = k.index_name
   where :strict = 1
     and i.uniqueness = 'UNIQUE'
     and not exists (
           select 1
             from dba_constraints c
            where c.owner = f.owner_name and c.table_name = f.table_name and c.constraint_name = i.index_name)
)
select p.name, p.problem, p.name || ': ' || p.problem as said
  from problems p
 order by p.name, p.problem
