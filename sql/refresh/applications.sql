-- purpose: Lists the APEX applications that work in schemas, each with its status.
-- side: any
-- effect: read
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param schemas: bind clob in - JSON array of schemas' names as the database keeps them
-- param applications: bind clob out - JSON array of objects with application_id, application_name, workspace and status
declare
  list clob;
  entry varchar2(4000);
  package_name varchar2(128);
  known number;
  status varchar2(255);
begin
  -- Releases before 23.2 have it in APEX_UTIL only.
  select count(*) into known from all_synonyms y where y.owner = 'PUBLIC' and y.synonym_name = 'APEX_APPLICATION_ADMIN';
  package_name := case when known > 0 then 'apex_application_admin' else 'apex_util' end;
  for a in (
    select p.application_id, p.application_name, p.workspace
      from apex_applications p
     where p.owner in (select s.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) s)
     order by p.application_id
  ) loop
    apex_util.set_workspace(p_workspace => a.workspace);
    execute immediate 'begin :1 := ' || package_name || '.get_application_status(p_application_id => :2); end;' using out status, in a.application_id;
    select json_object('application_id' value a.application_id, 'application_name' value a.application_name, 'workspace' value a.workspace,
             'status' value status)
      into entry from dual;
    list := list || case when list is not null then ',' end || entry;
  end loop;
  :applications := '[' || list || ']';
end;
