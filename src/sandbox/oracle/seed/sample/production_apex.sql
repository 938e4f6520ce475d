-- Grants, links, credentials and APEX of the prod database.
insert into sys.credential$ (owner, credential_name, username, password) values ('SALES', 'EMAIL_CRED', 'prod-smtp@example.com', 'prod-smtp-password');
insert into sys.credential$ (owner, credential_name, username, password) values ('ADMIN', 'OBJECT_STORE_CRED', 'prod-backup@example.com', 'prod-auth-token');
begin
  dbms_network_acl_admin.append_host_ace(host => 'smtp.email.eu-frankfurt-1.oci.oraclecloud.com', lower_port => 587, upper_port => 587,
    ace => xs$ace_type(privilege_list => xs$name_list('smtp', 'connect'), principal_name => 'SALES', principal_type => xs_acl.ptype_db));
  dbms_network_acl_admin.append_host_ace(host => 'erp.prod.example.com',
    ace => xs$ace_type(privilege_list => xs$name_list('http', 'resolve'), principal_name => 'SALES', principal_type => xs_acl.ptype_db));
end;
/
alter session set current_schema = sales;
create database link erp_link connect to erp_reader identified by "Erp#Reader2026x" using 'erp_prod_low';
alter session set current_schema = sys;
insert into apex_240200.workspace$ (workspace_id, workspace, display_name, path_prefix) values (20100, 'SALES_WS', 'SALES_WS', 'SALES_WS');
insert into apex_240200.workspace_schema$ (workspace_id, schema_name, is_first) values (20100, 'SALES', 'Y');
insert into apex_240200.application$ (application_id, workspace_id, name, alias, owner, version) values (100, 20100, 'Sales Desk', 'SALES-DESK', 'SALES', '3.4');
insert into apex_240200.auth$ (application_id, name, scheme_type_code, scheme_type, is_current) values (100, 'Company Single Sign-On', 'NATIVE_SOCIAL', 'Social Sign-In', 'Y');
insert into apex_240200.auth$ (application_id, name, scheme_type_code, scheme_type, is_current) values (100, 'Oracle APEX Accounts', 'NATIVE_APEX_ACCOUNTS', 'Oracle APEX Accounts', case 'Y' when 'Y' then 'N' else 'Y' end);
insert into apex_240200.authorization$ (application_id, name, scheme_type_code, scheme_type, attribute_01, attribute_02, error_message, caching) values (100, 'Administration Rights', 'NATIVE_FUNCTION_BODY', 'PL/SQL Function Returning Boolean', 'return directory_says(''ADMINISTRATOR'');', null, 'Insufficient privileges', 'Once per session');
insert into apex_240200.authorization$ (application_id, name, scheme_type_code, scheme_type, attribute_01, attribute_02, error_message, caching) values (100, 'Contribution Rights', 'NATIVE_FUNCTION_BODY', 'PL/SQL Function Returning Boolean', 'return directory_says(''CONTRIBUTOR'');', null, 'Insufficient privileges', 'Once per session');
insert into apex_240200.acl_role$ (application_id, name, static_id, description) values (100, 'Administrator', 'ADMINISTRATOR', 'Runs the application');
insert into apex_240200.acl_role$ (application_id, name, static_id, description) values (100, 'Contributor', 'CONTRIBUTOR', 'Enters orders');
insert into apex_240200.acl_role$ (application_id, name, static_id, description) values (100, 'Reader', 'READER', 'Looks only');
update apex_240200.instance_parameter$ set value = 'SSO' where name = 'APEX_BUILDER_AUTHENTICATION';
begin
  apex_util.set_workspace('SALES_WS');
  apex_util.create_user(p_user_name => 'ALICE', p_email_address => 'alice@example.com', p_web_password => 'Alice#Prod2026xy', p_developer_privs => 'ADMIN:CREATE:DATA_LOADER:EDIT:HELP:MONITOR:SQL', p_default_schema => 'SALES');
  apex_util.create_user(p_user_name => 'BOB', p_email_address => 'bob@example.com', p_web_password => 'Bob#Prod2026xyz', p_developer_privs => 'CREATE:DATA_LOADER:EDIT:HELP:MONITOR:SQL', p_default_schema => 'SALES');
  apex_util.create_user(p_user_name => 'CAROL', p_email_address => 'carol@example.com', p_web_password => 'Carol#Prod2026x');
  apex_acl.add_user_role(p_application_id => 100, p_user_name => 'ALICE', p_role_static_id => 'ADMINISTRATOR');
  apex_acl.add_user_role(p_application_id => 100, p_user_name => 'BOB', p_role_static_id => 'CONTRIBUTOR');
  apex_acl.add_user_role(p_application_id => 100, p_user_name => 'CAROL', p_role_static_id => 'READER');
end;
/
insert into apex_240200.mail$ (workspace_id, mail_to, mail_from, mail_subj, mail_body) select 20100, 'customer' || level || '@example.com', 'shop@prod.example.com', 'Your order ' || (100000 + level), 'Thank you.' from dual connect by level <= 3;
