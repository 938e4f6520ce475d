-- Grants, links, credentials and APEX of the dev database.
insert into sys.credential$ (owner, credential_name, username, password) values ('SALES', 'EMAIL_CRED', 'dev-smtp@example.com', 'dev-smtp-password');
insert into sys.credential$ (owner, credential_name, username, password) values ('ADMIN', 'OBJECT_STORE_CRED', 'dev-backup@example.com', 'dev-auth-token');
begin
  dbms_network_acl_admin.append_host_ace(host => 'smtp.email.eu-frankfurt-1.oci.oraclecloud.com', lower_port => 587, upper_port => 587,
    ace => xs$ace_type(privilege_list => xs$name_list('smtp', 'connect'), principal_name => 'SALES', principal_type => xs_acl.ptype_db));
  dbms_network_acl_admin.append_host_ace(host => 'erp.dev.example.com',
    ace => xs$ace_type(privilege_list => xs$name_list('http', 'resolve'), principal_name => 'SALES', principal_type => xs_acl.ptype_db));
end;
/
alter session set current_schema = sales;
create database link erp_link connect to erp_reader identified by "Erp#Reader2026x" using '(description=(address=(protocol=tcps)(port=1522)(host=erp.dev.example.com))(connect_data=(service_name=erp_dev_low))(security=(ssl_server_dn_match=yes)))';
alter session set current_schema = sys;
insert into apex_240200.workspace$ (workspace_id, workspace, display_name, path_prefix) values (20100, 'SALES_WS', 'SALES_WS', 'SALES_WS');
insert into apex_240200.workspace_schema$ (workspace_id, schema_name, is_first) values (20100, 'SALES', 'Y');
insert into apex_240200.application$ (application_id, workspace_id, name, alias, owner, version) values (100, 20100, 'Sales Desk', 'SALES-DESK', 'SALES', '3.1');
insert into apex_240200.auth$ (application_id, name, scheme_type_code, scheme_type, is_current) values (100, 'Company Single Sign-On', 'NATIVE_SOCIAL', 'Social Sign-In', 'N');
insert into apex_240200.auth$ (application_id, name, scheme_type_code, scheme_type, is_current) values (100, 'Oracle APEX Accounts', 'NATIVE_APEX_ACCOUNTS', 'Oracle APEX Accounts', case 'N' when 'Y' then 'N' else 'Y' end);
insert into apex_240200.authorization$ (application_id, name, scheme_type_code, scheme_type, attribute_01, attribute_02, error_message, caching) values (100, 'Administration Rights', 'NATIVE_IS_IN_GROUP', 'Is In Role or Group', 'ADMINISTRATOR', 'A', 'Insufficient privileges', 'Once per session');
insert into apex_240200.authorization$ (application_id, name, scheme_type_code, scheme_type, attribute_01, attribute_02, error_message, caching) values (100, 'Contribution Rights', 'NATIVE_IS_IN_GROUP', 'Is In Role or Group', 'CONTRIBUTOR', 'A', 'Insufficient privileges', 'Once per session');
insert into apex_240200.acl_role$ (application_id, name, static_id, description) values (100, 'Administrator', 'ADMINISTRATOR', 'Runs the application');
insert into apex_240200.acl_role$ (application_id, name, static_id, description) values (100, 'Contributor', 'CONTRIBUTOR', 'Enters orders');
insert into apex_240200.acl_role$ (application_id, name, static_id, description) values (100, 'Reader', 'READER', 'Looks only');
update apex_240200.instance_parameter$ set value = 'DB' where name = 'APEX_BUILDER_AUTHENTICATION';
begin
  apex_util.set_workspace('SALES_WS');
  apex_util.create_user(p_user_name => 'DAVE', p_email_address => 'dave@example.com', p_web_password => 'Dave#Dev2026xyz', p_developer_privs => 'ADMIN:CREATE:DATA_LOADER:EDIT:HELP:MONITOR:SQL', p_default_schema => 'SALES');
  apex_util.create_user(p_user_name => 'ERIN', p_email_address => 'erin@example.com', p_web_password => 'Erin#Dev2026xyz', p_developer_privs => 'CREATE:DATA_LOADER:EDIT:HELP:MONITOR:SQL', p_default_schema => 'SALES');
  apex_acl.add_user_role(p_application_id => 100, p_user_name => 'DAVE', p_role_static_id => 'ADMINISTRATOR');
  apex_acl.add_user_role(p_application_id => 100, p_user_name => 'ERIN', p_role_static_id => 'CONTRIBUTOR');
end;
/
create user dave identified by "Dave#Dev2026xyz";
create user test_robot identified by "Robot#Dev2026xyz";
grant create session to dave, test_robot;
grant select on sales.orders to test_robot;
grant select on sys.dba_tab_privs to sales;
grant select on sys.dba_users to sales;
begin
  dbms_scheduler.create_job(job_name => 'SALES.DEV_CLEANUP', job_type => 'PLSQL_BLOCK', job_action => 'begin null; end;', repeat_interval => 'FREQ=WEEKLY', enabled => true);
end;
/
