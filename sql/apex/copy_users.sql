-- purpose: Makes the users that a workspace has elsewhere and lacks here, as what they are there: end users, developers or administrators.
--   Nobody knows their passwords: each signs in once an administrator has given one, or as the application's own scheme has it.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 600
-- privileges: APEX_ADMINISTRATOR_ROLE; EXECUTE on DBMS_CRYPTO
-- param users: bind clob in - JSON array, as capture/workspace_users gives it
-- param workspace: bind varchar2 in - the workspace here
-- param schema_name: bind varchar2 in - the schema that developers work in
-- param made: bind clob out - JSON array of the names that were made
-- param refused: bind clob out - those that were not, with the reason
declare
  names clob;
  failures clob;
  how_many number := 0;
begin
  dbms_output.enable(null);
  apex_util.set_workspace(p_workspace => :workspace);
  for w in (
    select g.user_name, g.email, g.first_name, g.last_name, g.description, g.is_admin, g.is_application_developer, g.account_locked
      from json_table(:users, '$[*]' columns (
             user_name varchar2(255) path '$.user_name', email varchar2(240) path '$.email', first_name varchar2(255) path '$.first_name',
             last_name varchar2(255) path '$.last_name', description varchar2(240) path '$.description', is_admin varchar2(3) path '$.is_admin',
             is_application_developer varchar2(3) path '$.is_application_developer', account_locked varchar2(3) path '$.account_locked')) g
     where not exists (select 1 from apex_workspace_apex_users x where x.workspace_name = :workspace and x.user_name = g.user_name)
     order by g.user_name
  ) loop
    begin
      apex_util.create_user(p_user_name => w.user_name, p_first_name => w.first_name, p_last_name => w.last_name,
        p_description => w.description, p_email_address => w.email, p_web_password => 'Aa1#' || rawtohex(dbms_crypto.randombytes(12)),
        p_developer_privs => case when w.is_admin = 'Yes' then 'ADMIN:CREATE:DATA_LOADER:EDIT:HELP:MONITOR:SQL'
          when w.is_application_developer = 'Yes' then 'CREATE:DATA_LOADER:EDIT:HELP:MONITOR:SQL' end,
        p_default_schema => case when w.is_admin = 'Yes' or w.is_application_developer = 'Yes' then :schema_name end,
        p_account_locked => case when w.account_locked = 'Yes' then 'Y' else 'N' end, p_change_password_on_first_use => 'Y');
      how_many := how_many + 1;
      names := names || case when names is not null then ',' end || '"' || replace(replace(w.user_name, '\', '\\'), '"', '\"') || '"';
    exception
      when others then
        failures := failures || w.user_name || ': ' || sqlerrm || chr(10);
        dbms_output.put_line('left out: ' || w.user_name || ': ' || sqlerrm);
    end;
  end loop;
  commit;
  dbms_output.put_line(how_many || ' users were made in ' || :workspace || ', with passwords that nobody knows');
  :made := '[' || names || ']';
  :refused := failures;
end;
