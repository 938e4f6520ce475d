-- purpose: Holds the columns of the source's tables against the target's.
--   It says which tables are on both sides, which on one, and where columns differ. Their order is not looked at.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: none beyond CREATE SESSION
-- param theirs: bind clob in - JSON array of the source's columns as refresh/columns gives them, with the target's names of schemas
-- param ours: bind clob in - JSON array of the target's columns as refresh/columns gives them
-- param left_alone: bind clob in - JSON array of tables' names that are not looked at
with theirs as (
  select r.owner_name, r.table_name, r.column_name, r.shape, r.computed
    from json_table(:theirs, '$[*]' columns (
           owner_name varchar2(128) path '$.owner', table_name varchar2(128) path '$.table_name',
           column_name varchar2(128) path '$.column_name', shape varchar2(400) path '$.shape',
           computed varchar2(3) path '$.computed')) r
   where r.table_name not in (select x.name from json_table(:left_alone, '$[*]' columns (name varchar2(128) path '$')) x)
), ours as (
  select r.owner_name, r.table_name, r.column_name, r.shape, r.required
    from json_table(:ours, '$[*]' columns (
           owner_name varchar2(128) path '$.owner', table_name varchar2(128) path '$.table_name',
           column_name varchar2(128) path '$.column_name', shape varchar2(400) path '$.shape',
           required varchar2(3) path '$.required')) r
   where r.table_name not in (select x.name from json_table(:left_alone, '$[*]' columns (name varchar2(128) path '$')) x)
), their_tables as (
  select distinct t.owner_name, t.table_name from theirs t
), our_tables as (
  select distinct o.owner_name, o.table_name from ours o
), both as (
  select t.owner_name, t.table_name
    from their_tables t
    join our_tables o on o.owner_name = t.owner_name and o.table_name = t.table_name
), found as (
  select 'both' as kind, b.owner_name, b.table_name, null as column_name, 'YES' as loads, 'on both sides' as what
    from both b
  union all
  select 'source only', t.owner_name, t.table_name, null, 'NO', 'in the source only'
    from their_tables t
   where not exists (select 1 from our_tables o where o.owner_name = t.owner_name and o.table_name = t.table_name)
  union all
  select 'target only', o.owner_name, o.table_name, null, 'YES', 'in the target only'
    from our_tables o
   where not exists (select 1 from their_tables t where t.owner_name = o.owner_name and t.table_name = o.table_name)
  union all
  select 'column', t.owner_name, t.table_name, t.column_name, case when t.computed = 'YES' then 'YES' else 'NO' end,
         t.shape || ' in the source, missing in the target'
    from theirs t
    join both b on b.owner_name = t.owner_name and b.table_name = t.table_name
   where not exists (
           select 1
             from ours o
            where o.owner_name = t.owner_name and o.table_name = t.table_name and o.column_name = t.column_name)
  union all
  select 'column', o.owner_name, o.table_name, o.column_name, case when o.required = 'YES' then 'NO' else 'YES' end,
         o.shape || ' in the target, missing in the source'
    from ours o
    join both b on b.owner_name = o.owner_name and b.table_name = o.table_name
   where not exists (
           select 1
             from theirs t
            where t.owner_name = o.owner_name and t.table_name = o.table_name and t.column_name = o.column_name)
  union all
  select 'column', o.owner_name, o.table_name, o.column_name, 'PERHAPS',
         t.shape || ' in the source, ' || o.shape || ' in the target'
    from ours o
    join theirs t on t.owner_name = o.owner_name and t.table_name = o.table_name and t.column_name = o.column_name
   where t.shape <> o.shape
)
select f.kind, f.owner_name as owner, f.table_name, f.column_name, f.loads, f.table_name || '.' || f.column_name as column_path,
       f.owner_name || '.' || f.table_name as whole_table,
       f.owner_name || '.' || f.table_name || '.' || f.column_name as whole_column,
       f.owner_name || '.' || f.table_name || case when f.column_name is not null then '.' || f.column_name end || ': ' || f.what as said
  from found f
 order by f.kind, f.owner_name, f.table_name, f.column_name
