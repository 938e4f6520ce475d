-- purpose: Lists what REST privileges are made of: their roles, modules and address patterns.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_ORDS_PRIVILEGE_ROLES, DBA_ORDS_PRIVILEGE_MODULES, DBA_ORDS_PRIVILEGE_MAPPINGS, DBA_ORDS_PRIVILEGES and DBA_ORDS_SCHEMAS (ORDS 24.4)
select s.parsing_schema, p.name as privilege_name, x.kind, x.value
  from (select r.privilege_id, 'ROLE' as kind, r.role_name as value from dba_ords_privilege_roles r
        union all
        select m.privilege_id, 'MODULE', m.module_name from dba_ords_privilege_modules m
        union all
        select m.privilege_id, 'PATTERN', m.pattern from dba_ords_privilege_mappings m) x
  join dba_ords_privileges p on p.id = x.privilege_id
  join dba_ords_schemas s on s.id = p.schema_id
 order by s.parsing_schema, p.name, x.kind, x.value
