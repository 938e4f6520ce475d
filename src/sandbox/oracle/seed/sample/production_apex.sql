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
create database link erp_link connect to erp_reader identified by "Erp#Reader2026x" using '(description=(address=(protocol=tcps)(port=1522)(host=erp.prod.example.com))(connect_data=(service_name=erp_prod_low))(security=(ssl_server_dn_match=yes)))';
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
insert into apex_240200.page$ (application_id, page_id, name, alias, title, page_mode) values (100, 4, 'Customers', 'CUSTOMERS', 'Customers', 'NORMAL');
insert into apex_240200.region$ (region_id, application_id, page_id, name, sequence, source_type, query_type, table_name) values (2000004, 100, 4, 'Customers', 10, 'NATIVE_IR', 'TABLE', 'CUSTOMERS');
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
declare
  l_roles owa.vc_arr;
  l_patterns owa.vc_arr;
  l_modules owa.vc_arr;
begin
  ords_admin.enable_schema(p_enabled => true, p_schema => 'SALES', p_url_mapping_pattern => 'sales', p_auto_rest_auth => true);
  ords_admin.define_module(p_schema => 'SALES', p_module_name => 'orders.v1', p_base_path => 'orders/v1/', p_items_per_page => 50, p_comments => 'Orders for partners');
  ords_admin.define_template(p_schema => 'SALES', p_module_name => 'orders.v1', p_pattern => 'list');
  ords_admin.define_handler(p_schema => 'SALES', p_module_name => 'orders.v1', p_pattern => 'list', p_source => 'select order_id, ordered_on from orders order by order_id');
  ords_admin.define_template(p_schema => 'SALES', p_module_name => 'orders.v1', p_pattern => 'one/:id');
  ords_admin.define_handler(p_schema => 'SALES', p_module_name => 'orders.v1', p_pattern => 'one/:id', p_source_type => 'json/item', p_source => 'select order_id, ordered_on from orders where order_id = :id');
  ords_admin.define_handler(p_schema => 'SALES', p_module_name => 'orders.v1', p_pattern => 'one/:id', p_method => 'PUT', p_source_type => 'plsql/block',
    p_source => 'begin' || chr(10) || '  update orders set status = :status where order_id = :id;' || chr(10) || 'end;', p_mimes_allowed => 'application/json');
  ords_admin.define_parameter(p_schema => 'SALES', p_module_name => 'orders.v1', p_pattern => 'one/:id', p_method => 'PUT', p_name => 'X-Status', p_bind_variable_name => 'status');
  ords_admin.create_role(p_schema => 'SALES', p_role_name => 'Partner');
  l_roles(1) := 'Partner';
  l_patterns(1) := '/orders/v1/*';
  l_modules(1) := 'orders.v1';
  ords_admin.define_privilege(p_schema => 'SALES', p_privilege_name => 'sales.partners', p_roles => l_roles, p_patterns => l_patterns, p_modules => l_modules, p_label => 'Partners', p_description => 'Partners read and settle orders');
end;
/
