-- purpose: Names the sequences and identity columns that stand behind the source's, of those that refresh/advance moves.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_SEQUENCES, DBA_TAB_IDENTITY_COLS
-- param numbers: bind clob in - JSON array of the source's, as refresh/sequences gives them, with the target's names of schemas
-- param tables: bind clob in - JSON array of the tables that were loaded: objects with owner and table_name
with ours as (
  select q.sequence_owner as owner_name, case when i.table_name is null then q.sequence_name end as name, i.table_name, i.column_name,
         q.increment_by, q.cycle_flag, q.last_number
    from dba_sequences q
    left join dba_tab_identity_cols i on i.owner = q.sequence_owner and i.sequence_name = q.sequence_name
), theirs as (
  select r.owner_name, r.name, r.table_name, r.column_name, to_number(r.last_number) as last_number,
         to_number(r.increment_by) as increment_by
    from json_table(:numbers, '$[*]' columns (
           owner_name varchar2(128) path '$.owner', name varchar2(128) path '$.name', table_name varchar2(128) path '$.table_name',
           column_name varchar2(128) path '$.column_name', increment_by varchar2(40) path '$.increment_by',
           last_number varchar2(40) path '$.last_number')) r
)
select o.owner_name || '.' || case when o.name is null then o.table_name || '.' || o.column_name else o.name end as name, o.last_number,
       t.last_number as source_number
  from theirs t
  join ours o
    on o.owner_name = t.owner_name
   and ((o.name = t.name and o.cycle_flag = 'N' and sign(o.increment_by) = sign(t.increment_by))
        or (o.name is null and o.table_name = t.table_name and o.column_name = t.column_name
            and exists (
                  select 1
                    from json_table(:tables, '$[*]' columns (
                           owner_name varchar2(128) path '$.owner', table_name varchar2(128) path '$.table_name')) c
                   where c.owner_name = o.owner_name and c.table_name = o.table_name)))
 where sign(o.last_number - t.last_number) = -sign(o.increment_by)
 order by 1
