-- purpose: Lists the APEX workspaces with their schemas.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
select s.workspace_name, s.schema, case when s.schema = s.first_schema_provisioned then 'Y' else 'N' end as is_first
  from apex_workspace_schemas s
 where s.workspace_name <> 'INTERNAL'
 order by s.workspace_name, s.schema
