-- purpose: Lists applications of APEX with what two copies of one are compared by. Those of APEX itself are left out.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_READ_ROLE
-- param applications: bind clob in - JSON array of numbers; empty for all
-- param workspace: bind varchar2 in - the workspace they are in; null for any
select a.workspace, a.application_id, a.application_name, a.alias, a.owner, a.version, a.build_status, a.authentication_scheme,
       (select count(*) from apex_application_pages p where p.application_id = a.application_id) as pages,
       (select count(*) from apex_application_static_files f where f.application_id = a.application_id) as static_files,
       (select nvl(sum(dbms_lob.getlength(f.file_content)), 0) from apex_application_static_files f
         where f.application_id = a.application_id) as static_bytes,
       (select count(*) from apex_appl_acl_roles r where r.application_id = a.application_id) as roles
  from apex_applications a
 where (:workspace is null or a.workspace = upper(:workspace))
   and (json_value(:applications, '$[0]') is null
        or a.application_id in (select j.id from json_table(:applications, '$[*]' columns (id number path '$')) j))
   and a.application_id not between 3000 and 8999
   and a.workspace <> 'INTERNAL'
   and a.workspace not like 'COM.ORACLE.%'
 order by a.application_id
