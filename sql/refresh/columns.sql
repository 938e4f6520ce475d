-- purpose: Lists the columns of the tables in schemas, each with what decides whether rows from elsewhere fit into it.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 300
-- privileges: SELECT on DBA_TABLES, DBA_TAB_COLS, DBA_EXTERNAL_TABLES, DBA_MVIEWS
-- param schemas: bind clob in - JSON array of schemas' names as the database keeps them
with chosen as (
  select t.owner, t.table_name
    from dba_tables t
   where t.owner in (select s.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) s)
     and t.temporary = 'N'
     and t.nested = 'NO'
     and not exists (select 1 from dba_external_tables x where x.owner = t.owner and x.table_name = t.table_name)
     and not exists (select 1 from dba_mviews m where m.owner = t.owner and m.container_name = t.table_name)
)
select c.owner, c.table_name, c.column_name,
       c.data_type
         || case
              when c.data_type in ('VARCHAR2', 'CHAR', 'NVARCHAR2', 'NCHAR')
                then '(' || c.char_length || case c.char_used when 'B' then ' BYTE' when 'C' then ' CHAR' end || ')'
              when c.data_type = 'RAW' then '(' || c.data_length || ')'
              when c.data_type = 'FLOAT' then '(' || c.data_precision || ')'
              when c.data_type = 'NUMBER' and c.data_scale is not null
                then '(' || nvl(to_char(c.data_precision), '*') || ',' || c.data_scale || ')'
            end
         || case when c.virtual_column = 'YES' then ' virtual' end
         || case when c.identity_column = 'YES' then ' identity' end
         || case when c.nullable = 'N' then ' not null' end as shape,
       case when c.virtual_column = 'YES' then 'YES' else 'NO' end as computed,
       case when c.nullable = 'N' and c.default_length is null and c.virtual_column = 'NO' and c.identity_column = 'NO' then 'YES' else 'NO' end
         as required
  from dba_tab_cols c
  join chosen t on t.owner = c.owner and t.table_name = c.table_name
 where c.owner in (select s.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) s)
   and (c.hidden_column = 'NO' or c.user_generated = 'YES')
 order by c.owner, c.table_name, c.column_name
