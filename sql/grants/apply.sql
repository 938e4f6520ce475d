-- purpose: Grants object privileges. One that is refused is named and the others go on.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: GRANT ANY OBJECT PRIVILEGE, or the grant option
-- param grants: bind clob in - JSON array of objects with privilege, owner (may be missing), object_name and grantee
-- param done: bind number out - how many were granted
-- param refused: bind varchar2 out - those that were not, with the database's reason
declare
  object_path varchar2(400);
  granted number := 0;
  failures varchar2(4000);
begin
  for wanted in (
    select upper(g.privilege) as privilege, g.owner, g.object_name, g.grantee
      from json_table(:grants, '$[*]' columns (
             privilege varchar2(40) path '$.privilege',
             owner varchar2(128) path '$.owner',
             object_name varchar2(128) path '$.object_name',
             grantee varchar2(128) path '$.grantee')) g
  ) loop
    if wanted.privilege not in ('EXECUTE', 'READ', 'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'WRITE', 'REFERENCES', 'ALTER', 'DEBUG') then
      raise_application_error(-20912, 'adbctl: ' || wanted.privilege || ' is no object privilege that may be granted');
    end if;
    object_path := dbms_assert.enquote_name(wanted.object_name, false);
    if wanted.owner is not null then
      object_path := dbms_assert.enquote_name(wanted.owner, false) || '.' || object_path;
    end if;
    begin
      execute immediate 'grant ' || wanted.privilege || ' on ' || object_path || ' to '
        || dbms_assert.enquote_name(wanted.grantee, false);
      granted := granted + 1;
    exception
      when others then
        failures := substr(failures || wanted.privilege || ' on ' || object_path || ' to ' || wanted.grantee || ': '
          || sqlerrm || chr(10), 1, 4000);
    end;
  end loop;
  :done := granted;
  :refused := failures;
end;
