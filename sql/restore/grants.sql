-- purpose: Gives people's schemas the privileges and roles again that were recorded, as far as users and objects are there.
--   What they have already stays as it is, and nothing is taken from anybody.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 900
-- privileges: GRANT ANY OBJECT PRIVILEGE, GRANT ANY ROLE, GRANT ANY PRIVILEGE; SELECT on DBA_TAB_PRIVS, DBA_ROLE_PRIVS, DBA_SYS_PRIVS, DBA_USERS
-- param object_grants: bind clob in - JSON array, as capture/object_grants gives it
-- param role_grants: bind clob in - JSON array, as capture/role_grants gives it
-- param system_grants: bind clob in - JSON array, as capture/system_grants gives it
-- param given: bind number out - how many were given
-- param refused: bind clob out - those that were not, with the reason
declare
  given_now number := 0;
  failures clob;
  procedure give(p_what in varchar2, p_grantee in varchar2, p_suffix in varchar2) is
    known number;
  begin
    select count(*) into known from dba_users u where u.username = p_grantee;
    if known = 0 then
      failures := failures || '' || p_what || ' to ' || p_grantee || ': there is no such user' || chr(10);
      dbms_output.put_line('left out: ' || p_what || ' to ' || p_grantee || ': there is no such user');
      return;
    end if;
    execute immediate 'grant ' || p_what || ' to ' || dbms_assert.enquote_name(p_grantee, false) || p_suffix;
    given_now := given_now + 1;
  exception
    when others then
      failures := failures || '' || p_what || ' to ' || p_grantee || ': ' || sqlerrm || chr(10);
      dbms_output.put_line('left out: ' || p_what || ' to ' || p_grantee || ': ' || sqlerrm);
  end;
begin
  dbms_output.enable(null);
  for w in (
    select g.grantee, g.owner, g.table_name, g.privilege, g.grantable, g.kind
      from json_table(:object_grants, '$[*]' columns (
             grantee varchar2(128) path '$.grantee', owner varchar2(128) path '$.owner', table_name varchar2(128) path '$.table_name',
             privilege varchar2(40) path '$.privilege', grantable varchar2(3) path '$.grantable', kind varchar2(30) path '$.type')) g
     where g.grantee <> user
       and not exists (select 1 from dba_tab_privs p
                        where p.grantee = g.grantee and p.owner = g.owner and p.table_name = g.table_name
                          and p.privilege = g.privilege and (p.grantable = g.grantable or p.grantable = 'YES'))
  ) loop
    give(replace(dbms_assert.simple_sql_name(replace(w.privilege, ' ', '_')), '_', ' ') || ' on '
        || case w.kind when 'DIRECTORY' then 'directory ' when 'USER' then 'user ' else dbms_assert.enquote_name(w.owner, false) || '.' end
        || dbms_assert.enquote_name(w.table_name, false),
      w.grantee, case when w.grantable = 'YES' then ' with grant option' end);
  end loop;
  for w in (
    select g.grantee, g.granted_role, g.admin_option
      from json_table(:role_grants, '$[*]' columns (
             grantee varchar2(128) path '$.grantee', granted_role varchar2(128) path '$.granted_role',
             admin_option varchar2(3) path '$.admin_option')) g
     where g.grantee <> user
       and not exists (select 1 from dba_role_privs p
                        where p.grantee = g.grantee and p.granted_role = g.granted_role
                          and (p.admin_option = g.admin_option or p.admin_option = 'YES'))
  ) loop
    give(dbms_assert.enquote_name(w.granted_role, false), w.grantee,
      case when w.admin_option = 'YES' then ' with admin option' end);
  end loop;
  for w in (
    select g.grantee, g.privilege, g.admin_option
      from json_table(:system_grants, '$[*]' columns (
             grantee varchar2(128) path '$.grantee', privilege varchar2(40) path '$.privilege',
             admin_option varchar2(3) path '$.admin_option')) g
     where g.grantee <> user
       and not exists (select 1 from dba_sys_privs p
                        where p.grantee = g.grantee and p.privilege = g.privilege
                          and (p.admin_option = g.admin_option or p.admin_option = 'YES'))
  ) loop
    give(replace(dbms_assert.simple_sql_name(replace(w.privilege, ' ', '_')), '_', ' '), w.grantee,
      case when w.admin_option = 'YES' then ' with admin option' end);
  end loop;
  :given := given_now;
  :refused := failures;
end;
