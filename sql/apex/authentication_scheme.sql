-- purpose: Makes an authentication scheme of an application the current one, and reads it back.
--   Where APEX has no APEX_APPLICATION_ADMIN (before 23.2), the application is installed over itself with that scheme.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 600
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param workspace: bind varchar2 in - the workspace
-- param application_id: bind number in - the application
-- param scheme: bind varchar2 in - the scheme's name
-- param earlier: bind varchar2 out - the scheme that was current
-- param value_now: bind varchar2 out - the scheme that is current now
declare
  before varchar2(4000);
  after varchar2(4000);
  tried varchar2(1000);
  owner_name varchar2(128);
  procedure install_again is
    files apex_t_export_files;
  begin
    select a.owner into owner_name from apex_applications a where a.application_id = :application_id;
    files := apex_export.get_application(p_application_id => :application_id, p_with_ir_public_reports => true, p_with_ir_private_reports => true,
      p_with_ir_notifications => true, p_with_translations => true, p_with_comments => true, p_with_supporting_objects => 'Y',
      p_with_acl_assignments => true);
    apex_application_install.clear_all;
    apex_application_install.set_workspace(p_workspace => :workspace);
    apex_application_install.set_application_id(p_application_id => :application_id);
    apex_application_install.set_schema(p_schema => owner_name);
    apex_application_install.set_auto_install_sup_obj(p_auto_install_sup_obj => false);
    apex_application_install.set_authentication_scheme(p_name => :scheme);
    apex_application_install.install(p_source => files, p_overwrite_existing => true);
    apex_application_install.clear_all;
  exception
    when others then
      raise_application_error(-20966, substr('adbctl: neither APEX_APPLICATION_ADMIN.SET_AUTHENTICATION_SCHEME(p_application_id, p_name) ('
        || tried || ') nor APEX_APPLICATION_INSTALL.SET_AUTHENTICATION_SCHEME(p_name) with INSTALL would do: ' || sqlerrm, 1, 2000));
  end;
begin
  dbms_output.enable(null);
  apex_util.set_workspace(p_workspace => :workspace);
  select max(a.authentication_scheme_name) into before
    from apex_application_auth a
   where a.application_id = :application_id and a.is_current_authentication = 'Y';
  if before is null or before <> :scheme then
    begin
      execute immediate 'begin apex_application_admin.set_authentication_scheme(p_application_id => :1, p_name => :2); end;'
        using :application_id, :scheme;
    exception
      when others then
        -- Only a call that cannot be compiled is worth another way.
        if sqlcode <> -6550 then
          raise;
        end if;
        tried := regexp_substr(sqlerrm, 'PLS-[0-9]+[^' || chr(10) || ']*');
        dbms_output.put_line('this APEX has no such call (' || tried || '): the application is installed over itself');
        install_again;
    end;
    commit;
  end if;
  select max(a.authentication_scheme_name) into after
    from apex_application_auth a
   where a.application_id = :application_id and a.is_current_authentication = 'Y';
  :earlier := before;
  :value_now := after;
end;
