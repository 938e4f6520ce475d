-- purpose: Lists the sequences of schemas with where they stand; those of identity columns with their column.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_SEQUENCES, DBA_TAB_IDENTITY_COLS
-- param schemas: bind clob in - JSON array of schemas' names as the database keeps them
select q.sequence_owner as owner, case when i.table_name is null then q.sequence_name end as name, i.table_name, i.column_name,
       to_char(q.increment_by) as increment_by, to_char(q.last_number) as last_number
  from dba_sequences q
  left join dba_tab_identity_cols i on i.owner = q.sequence_owner and i.sequence_name = q.sequence_name
 where q.sequence_owner in (select s.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) s)
 order by q.sequence_owner, i.table_name, i.column_name, q.sequence_name
