-- purpose: Names the sequences and identity columns that stand behind the source's.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_SEQUENCES, DBA_TAB_IDENTITY_COLS
-- param numbers: bind clob in - JSON array of the source's, as refresh/sequences gives them, with the target's names of schemas
with ours as (
  select q.sequence_owner as owner_name, case when i.table_name is null then q.sequence_name end as name, i.table_name, i.column_name,
         q.increment_by, q.last_number
    from dba_sequences q
    left join dba_tab_identity_cols i on i.owner = q.sequence_owner and i.sequence_name = q.sequence_name
), theirs as (
  select r.owner_name, r.name, r.table_name, r.column_name, to_number(r.last_number) as last_number
    from json_table(:numbers, '$[*]' columns (
           owner_name varchar2(128) path '$.owner', name varchar2(128) path '$.name', table_name varchar2(128) path '$.table_name',
           column_name varchar2(128) path '$.column_name', last_number varchar2(40) path '$.last_number')) r
)
select o.owner_name || '.' || case when o.name is null then o.table_name || '.' || o.column_name else o.name end as name, o.last_number,
       t.last_number as source_number
  from theirs t
  join ours o
    on o.owner_name = t.owner_name
   and (o.name = t.name or (o.name is null and o.table_name = t.table_name and o.column_name = t.column_name))
 where sign(o.last_number - t.last_number) = -sign(o.increment_by)
 order by 1
