-- purpose: Lets a schema reach the mail server. Doing it twice changes nothing.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: EXECUTE on DBMS_NETWORK_ACL_ADMIN
-- param host: bind varchar2 in - the mail server
-- param port: bind number in - its port
-- param principal: bind varchar2 in - the schema
begin
  dbms_network_acl_admin.append_host_ace(
    host => :host,
    lower_port => :port,
    upper_port => :port,
    ace => xs$ace_type(privilege_list => xs$name_list('smtp', 'connect'), principal_name => :principal, principal_type => xs_acl.ptype_db));
  commit;
end;
