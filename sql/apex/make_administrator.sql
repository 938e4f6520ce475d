-- purpose: Makes the administrator of an APEX workspace, unless there is a user of that name, who is left as he is.
--   APEX_UTIL.CREATE_USER takes other parameters in other releases: those that this one does not have are left out, and where it still does
--   not take the call, the error says what it takes and what was tried.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param workspace: bind varchar2 in - the workspace
-- param user_name: bind varchar2 in - the administrator
-- param email: bind varchar2 in - the administrator's address; null for none
-- param schema_name: bind varchar2 in - the schema that the administrator works in
-- param password: bind varchar2 in - the password
-- param outcome: bind varchar2 out - made or kept
declare
  does_not_compile exception;
  pragma exception_init(does_not_compile, -6550);
  found number;
  described number;
  taken varchar2(4000);
  tried varchar2(4000);
  release varchar2(100);

  -- Whether this release has the parameter; where its parameters cannot be seen, all are tried.
  procedure with_parameter(parameter in varchar2, variable in varchar2) is
    has number;
  begin
    select count(*) into has
      from all_arguments a
     where a.owner like 'APEX\_%' escape '\' and a.package_name = 'HTMLDB_UTIL' and a.object_name = 'CREATE_USER'
       and a.argument_name = upper(parameter);
    if has > 0 or described = 0 then
      tried := tried || case when tried is not null then ', ' end || parameter || ' => ' || variable;
    end if;
  end;
begin
  dbms_output.enable(null);
  apex_util.set_workspace(p_workspace => :workspace);
  select count(*) into found
    from apex_workspace_apex_users w
   where w.workspace_name = :workspace and w.user_name = :user_name;
  if found > 0 then
    :outcome := 'kept';
  else
    select count(*), listagg(lower(a.argument_name), ', ') within group (order by a.position) into described, taken
      from all_arguments a
     where a.owner like 'APEX\_%' escape '\' and a.package_name = 'HTMLDB_UTIL' and a.object_name = 'CREATE_USER' and a.argument_name is not null;
    with_parameter('p_user_name', 'l_user');
    with_parameter('p_web_password', 'l_password');
    with_parameter('p_email_address', 'l_email');
    with_parameter('p_developer_privs', '''ADMIN:CREATE:DATA_LOADER:EDIT:HELP:MONITOR:SQL''');
    with_parameter('p_default_schema', 'l_schema');
    with_parameter('p_allow_app_building_yn', '''Y''');
    with_parameter('p_allow_sql_workshop_yn', '''Y''');
    with_parameter('p_allow_team_development_yn', '''Y''');
    with_parameter('p_change_password_on_first_use', '''N''');
    begin
      execute immediate 'declare l_user varchar2(255) := :l_user; l_password varchar2(255) := :l_password; l_email varchar2(255) := :l_email;'
        || ' l_schema varchar2(128) := :l_schema; begin apex_util.create_user(' || tried || '); end;'
        using :user_name, :password, :email, :schema_name;
    exception
      when does_not_compile then
        select r.version_no into release from apex_release r;
        raise_application_error(-20963, substr('adbctl: APEX_UTIL.CREATE_USER of APEX ' || release || ' does not take the call ('
          || regexp_substr(sqlerrm, 'PLS-[0-9]+') || '): it was tried with ' || tried || '; it takes ' || nvl(taken, 'what ALL_ARGUMENTS does not show'), 1, 2000));
    end;
    :outcome := 'made';
    dbms_output.put_line(:user_name || ' was made administrator of ' || :workspace);
  end if;
  commit;
end;
