alter session set current_schema = sys;
create table sys.credential$ (
  owner varchar2(128) not null, credential_name varchar2(128) not null, username varchar2(4000), password varchar2(4000),
  user_ocid varchar2(4000), tenancy_ocid varchar2(4000), private_key clob, fingerprint varchar2(4000), comments varchar2(4000),
  windows_domain varchar2(128), enabled varchar2(5) default 'TRUE' not null,
  constraint credential$_pk primary key (owner, credential_name));
create table sys.host_ace$ (
  ace_id number generated always as identity primary key, host varchar2(1000) not null, lower_port number, upper_port number,
  principal varchar2(128) not null, principal_type varchar2(30) not null, privilege varchar2(30) not null);
create type sys.xs$name_list as varray(1000) of varchar2(261);
/
create type sys.xs$ace_type as object (privilege_list sys.xs$name_list, principal_name varchar2(130), principal_type number, inverted number, start_date timestamp with time zone, end_date timestamp with time zone, grant_type number);
/
create package sys.xs_acl as
  ptype_xs constant pls_integer := 1;
  ptype_db constant pls_integer := 2;
end;
/
create package sys.dbms_network_acl_admin as
  procedure append_host_ace(host in varchar2, lower_port in pls_integer default null, upper_port in pls_integer default null, ace in xs$ace_type);
  procedure remove_host_ace(host in varchar2, lower_port in pls_integer default null, upper_port in pls_integer default null, ace in xs$ace_type, remove_empty_acl in boolean default false);
end;
/
create package body sys.dbms_network_acl_admin as
  procedure check_ace(host in varchar2, lower_port in pls_integer, upper_port in pls_integer, ace in xs$ace_type) is
    l_count number;
    l_name varchar2(130) := ace.principal_name;
  begin
    if host is null or (lower_port is null and upper_port is not null) or upper_port < lower_port or lower_port not between 1 and 65535 then
      kernel.raise_error(24244);
    end if;
    select count(*) into l_count from x$users where name = replace(l_name, '"') or name = upper(l_name);
    if l_count = 0 and upper(l_name) <> 'PUBLIC' then
      kernel.raise_error(1917, l_name);
    end if;
    for i in 1 .. ace.privilege_list.count loop
      if lower(ace.privilege_list(i)) not in ('http', 'http_proxy', 'smtp', 'connect', 'resolve', 'jdwp', 'use_client_certificates', 'use_passwords') then
        raise_application_error(-20999, 'ORA-46238: Database user or role ' || ace.privilege_list(i) || ' does not exist.');
      end if;
      if lower(ace.privilege_list(i)) = 'resolve' and lower_port is not null then
        kernel.raise_error(24244);
      end if;
    end loop;
  end;
  procedure append_host_ace(host in varchar2, lower_port in pls_integer default null, upper_port in pls_integer default null, ace in xs$ace_type) is
    l_count number;
    l_host varchar2(1000) := lower(host);
    l_low number := lower_port;
    l_high number := nvl(upper_port, lower_port);
    l_name varchar2(130) := upper(replace(ace.principal_name, '"'));
    l_privilege varchar2(261);
  begin
    check_ace(host, lower_port, upper_port, ace);
    for i in 1 .. ace.privilege_list.count loop
      l_privilege := upper(ace.privilege_list(i));
      select count(*) into l_count from host_ace$ h where h.host = l_host and nvl(h.lower_port, 0) = nvl(l_low, 0) and nvl(h.upper_port, 0) = nvl(l_high, 0) and h.principal = l_name and h.privilege = l_privilege;
      if l_count = 0 then
        insert into host_ace$ (host, lower_port, upper_port, principal, principal_type, privilege) values (l_host, l_low, l_high, l_name, 'DATABASE', l_privilege);
      end if;
    end loop;
    commit;
  end;
  procedure remove_host_ace(host in varchar2, lower_port in pls_integer default null, upper_port in pls_integer default null, ace in xs$ace_type, remove_empty_acl in boolean default false) is
    l_host varchar2(1000) := lower(host);
    l_low number := lower_port;
    l_high number := nvl(upper_port, lower_port);
    l_name varchar2(130) := upper(replace(ace.principal_name, '"'));
    l_privilege varchar2(261);
  begin
    check_ace(host, lower_port, upper_port, ace);
    for i in 1 .. ace.privilege_list.count loop
      l_privilege := upper(ace.privilege_list(i));
      delete from host_ace$ h where h.host = l_host and nvl(h.lower_port, 0) = nvl(l_low, 0) and nvl(h.upper_port, 0) = nvl(l_high, 0) and h.principal = l_name and h.privilege = l_privilege;
    end loop;
    commit;
  end;
end;
/
create package sys.dbms_credential authid current_user as
  procedure create_credential(credential_name in varchar2, username in varchar2, password in varchar2, database_role in varchar2 default null, windows_domain in varchar2 default null, comments in varchar2 default null, enabled in boolean default true);
  procedure drop_credential(credential_name in varchar2, force in boolean default false);
  procedure enable_credential(credential_name in varchar2);
  procedure disable_credential(credential_name in varchar2, force in boolean default false);
  procedure update_credential(credential_name in varchar2, attribute in varchar2, value in varchar2);
end;
/
create package body sys.dbms_credential as
  function own(name in varchar2) return varchar2 is
  begin
    if name like '"%"' then
      return substr(name, 2, length(name) - 2);
    end if;
    return upper(name);
  end;
  procedure require(name in varchar2) is
    l_count number;
    l_user varchar2(128) := sys_context('USERENV', 'CURRENT_USER');
    l_name varchar2(128) := own(name);
  begin
    select count(*) into l_count from credential$ c where c.owner = l_user and c.credential_name = l_name;
    if l_count = 0 then
      kernel.raise_error(27476, l_user || '"."' || l_name);
    end if;
  end;
  procedure create_credential(credential_name in varchar2, username in varchar2, password in varchar2, database_role in varchar2 default null, windows_domain in varchar2 default null, comments in varchar2 default null, enabled in boolean default true) is
    l_user varchar2(128) := sys_context('USERENV', 'CURRENT_USER');
    l_name varchar2(128) := own(credential_name);
    l_enabled varchar2(5) := 'TRUE';
    l_username varchar2(4000) := username;
    l_password varchar2(4000) := password;
    l_comments varchar2(4000) := comments;
  begin
    if l_name is null then
      kernel.raise_error(27452, credential_name);
    end if;
    if not enabled then
      l_enabled := 'FALSE';
    end if;
    insert into credential$ (owner, credential_name, username, password, comments, enabled) values (l_user, l_name, l_username, l_password, l_comments, l_enabled);
    commit;
  exception
    when dup_val_on_index then
      kernel.raise_error(27477, l_user || '"."' || l_name);
  end;
  procedure drop_credential(credential_name in varchar2, force in boolean default false) is
    l_user varchar2(128) := sys_context('USERENV', 'CURRENT_USER');
    l_name varchar2(128) := own(credential_name);
  begin
    require(credential_name);
    delete from credential$ c where c.owner = l_user and c.credential_name = l_name;
    commit;
  end;
  procedure set_enabled(name in varchar2, flag in varchar2) is
    l_user varchar2(128) := sys_context('USERENV', 'CURRENT_USER');
    l_name varchar2(128) := own(name);
  begin
    require(name);
    update credential$ c set enabled = flag where c.owner = l_user and c.credential_name = l_name;
    commit;
  end;
  procedure enable_credential(credential_name in varchar2) is
  begin
    set_enabled(credential_name, 'TRUE');
  end;
  procedure disable_credential(credential_name in varchar2, force in boolean default false) is
  begin
    set_enabled(credential_name, 'FALSE');
  end;
  procedure update_credential(credential_name in varchar2, attribute in varchar2, value in varchar2) is
    l_user varchar2(128) := sys_context('USERENV', 'CURRENT_USER');
    l_name varchar2(128) := own(credential_name);
    l_attribute varchar2(128) := upper(attribute);
    l_value varchar2(4000) := value;
  begin
    require(credential_name);
    if l_attribute is null or l_attribute not in ('USERNAME', 'PASSWORD', 'COMMENTS', 'WINDOWS_DOMAIN', 'DATABASE_ROLE') then
      kernel.raise_error(27469, attribute);
    end if;
    update credential$ c
       set username = case l_attribute when 'USERNAME' then l_value else username end,
           password = case l_attribute when 'PASSWORD' then l_value else password end,
           comments = case l_attribute when 'COMMENTS' then l_value else comments end,
           windows_domain = case l_attribute when 'WINDOWS_DOMAIN' then l_value else windows_domain end
     where c.owner = l_user and c.credential_name = l_name;
    commit;
  end;
end;
/
create type sys.dbms_cloud_entry as object (object_name varchar2(4000), bytes number, checksum varchar2(128), created timestamp with time zone, last_modified timestamp with time zone);
/
create type sys.dbms_cloud_entries as table of sys.dbms_cloud_entry;
/
create package sys.dbms_cloud authid current_user as
  procedure create_credential(credential_name in varchar2, username in varchar2, password in varchar2 default null);
  procedure create_credential(credential_name in varchar2, user_ocid in varchar2, tenancy_ocid in varchar2, private_key in varchar2, fingerprint in varchar2);
  procedure create_credential(credential_name in varchar2, params in clob);
  procedure drop_credential(credential_name in varchar2);
  procedure update_credential(credential_name in varchar2, attribute in varchar2, value in varchar2);
  procedure put_object(credential_name in varchar2, object_uri in varchar2, directory_name in varchar2, file_name in varchar2, compression in varchar2 default null);
  procedure put_object(credential_name in varchar2, object_uri in varchar2, contents in blob, compression in varchar2 default null);
  procedure get_object(credential_name in varchar2, object_uri in varchar2, directory_name in varchar2, file_name in varchar2 default null, startoffset in number default 0, endoffset in number default 0, compression in varchar2 default null);
  function get_object(credential_name in varchar2, object_uri in varchar2, startoffset in number default 0, endoffset in number default 0, compression in varchar2 default null) return blob;
  function list_objects(credential_name in varchar2, location_uri in varchar2) return dbms_cloud_entries;
  function list_files(directory_name in varchar2) return dbms_cloud_entries;
  procedure delete_object(credential_name in varchar2, object_uri in varchar2, force in boolean default false);
  procedure delete_file(directory_name in varchar2, file_name in varchar2, force in boolean default false);
end;
/
create package body sys.dbms_cloud as
  function own(name in varchar2) return varchar2 is
  begin
    if name like '"%"' then
      return substr(name, 2, length(name) - 2);
    end if;
    return upper(name);
  end;
  procedure require(name in varchar2) is
    l_count number;
    l_user varchar2(128) := sys_context('USERENV', 'CURRENT_USER');
    l_name varchar2(128) := own(name);
  begin
    select count(*) into l_count from credential$ c where c.owner = l_user and c.credential_name = l_name;
    if l_count = 0 then
      raise_application_error(-20004, 'Credential "' || l_user || '"."' || l_name || '" does not exist');
    end if;
  end;
  procedure put(name in varchar2, a_username in varchar2, a_password in varchar2, a_user in varchar2, a_tenancy in varchar2, a_key in varchar2, a_fingerprint in varchar2) is
    l_user varchar2(128) := sys_context('USERENV', 'CURRENT_USER');
    l_name varchar2(128) := own(name);
  begin
    if l_name is null then
      raise_application_error(-20010, 'Missing credential name');
    end if;
    insert into credential$ (owner, credential_name, username, password, user_ocid, tenancy_ocid, private_key, fingerprint)
    values (l_user, l_name, nvl(a_username, a_user), a_password, a_user, a_tenancy, a_key, a_fingerprint);
    commit;
  exception
    when dup_val_on_index then
      raise_application_error(-20022, 'Credential "' || l_user || '"."' || l_name || '" already exists');
  end;
  procedure create_credential(credential_name in varchar2, username in varchar2, password in varchar2 default null) is
  begin
    put(credential_name, username, password, null, null, null, null);
  end;
  procedure create_credential(credential_name in varchar2, user_ocid in varchar2, tenancy_ocid in varchar2, private_key in varchar2, fingerprint in varchar2) is
  begin
    put(credential_name, null, null, user_ocid, tenancy_ocid, private_key, fingerprint);
  end;
  procedure create_credential(credential_name in varchar2, params in clob) is
  begin
    raise_application_error(-20999, 'the sandbox cannot make credentials of secrets in vaults');
  end;
  procedure drop_credential(credential_name in varchar2) is
    l_user varchar2(128) := sys_context('USERENV', 'CURRENT_USER');
    l_name varchar2(128) := own(credential_name);
  begin
    require(credential_name);
    delete from credential$ c where c.owner = l_user and c.credential_name = l_name;
    commit;
  end;
  procedure update_credential(credential_name in varchar2, attribute in varchar2, value in varchar2) is
    l_user varchar2(128) := sys_context('USERENV', 'CURRENT_USER');
    l_name varchar2(128) := own(credential_name);
    l_attribute varchar2(128) := upper(attribute);
    l_value varchar2(4000) := value;
  begin
    require(credential_name);
    if l_attribute is null or l_attribute not in ('USERNAME', 'PASSWORD', 'USER_OCID', 'TENANCY_OCID', 'PRIVATE_KEY', 'FINGERPRINT') then
      raise_application_error(-20020, 'Invalid credential attribute - ' || attribute);
    end if;
    update credential$ c
       set username = case l_attribute when 'USERNAME' then l_value else username end,
           password = case l_attribute when 'PASSWORD' then l_value else password end,
           user_ocid = case l_attribute when 'USER_OCID' then l_value else user_ocid end,
           tenancy_ocid = case l_attribute when 'TENANCY_OCID' then l_value else tenancy_ocid end,
           private_key = case l_attribute when 'PRIVATE_KEY' then to_clob(l_value) else private_key end,
           fingerprint = case l_attribute when 'FINGERPRINT' then l_value else fingerprint end
     where c.owner = l_user and c.credential_name = l_name;
    commit;
  end;
end;
/
create package sys.dbms_cloud_notification authid current_user as
  procedure send_message(provider in varchar2, credential_name in varchar2, message in clob, params in clob);
  procedure send_data(provider in varchar2, credential_name in varchar2, query in clob, params in clob);
end;
/
create package body sys.dbms_cloud_notification as
  procedure deliver(provider in varchar2, credential in varchar2, a_text in clob, a_query in clob, a_params in clob) is
    l_user varchar2(128) := sys_context('USERENV', 'CURRENT_USER');
    l_name varchar2(128) := upper(replace(credential, '"'));
    l_username varchar2(4000);
    l_password varchar2(4000);
    l_enabled varchar2(5);
    l_host varchar2(1000) := json_value(a_params, '$.smtp_host');
    l_sender varchar2(1000) := json_value(a_params, '$.sender');
    l_recipient varchar2(4000) := json_value(a_params, '$.recipient');
    l_subject varchar2(4000) := json_value(a_params, '$.subject');
    l_body clob := a_text;
    l_type varchar2(10) := lower(nvl(json_value(a_params, '$.type'), 'csv'));
    l_count number;
    procedure need(value in varchar2, label in varchar2) is
    begin
      if value is null then
        raise_application_error(-20000, 'Missing mandatory parameter - ' || label);
      end if;
    end;
  begin
    if lower(provider) <> 'email' then
      if lower(provider) in ('msteams', 'slack', 'oci') then
        raise_application_error(-20999, 'the sandbox cannot notify by ' || lower(provider));
      end if;
      raise_application_error(-20000, 'Invalid provider - ' || provider);
    end if;
    if not kernel.json_is_object(a_params) then
      raise_application_error(-20000, 'Invalid JSON in parameter - params');
    end if;
    begin
      select username, password, enabled into l_username, l_password, l_enabled from credential$ c where c.owner = l_user and c.credential_name = l_name;
    exception
      when no_data_found then
        raise_application_error(-20004, 'Credential "' || l_user || '"."' || l_name || '" does not exist');
    end;
    if l_enabled = 'FALSE' then
      raise_application_error(-20004, 'Credential "' || l_user || '"."' || l_name || '" is disabled');
    end if;
    need(l_sender, 'sender');
    need(l_host, 'smtp_host');
    need(l_recipient, 'recipient');
    need(l_subject, 'subject');
    if length(l_subject) > 100 then
      raise_application_error(-20000, 'Invalid parameter value - subject');
    end if;
    l_host := lower(l_host);
    select count(*) into l_count from host_ace$ h
     where (h.host = l_host or h.host = '*' or (h.host like '*.%' and l_host like '%' || substr(h.host, 2)))
       and h.principal in (l_user, 'PUBLIC') and h.privilege in ('SMTP', 'CONNECT')
       and (h.lower_port is null or 587 between h.lower_port and h.upper_port);
    if l_count = 0 then
      kernel.raise_error(24247);
    end if;
    if a_query is not null then
      if l_type not in ('csv', 'json') then
        raise_application_error(-20000, 'Invalid parameter value - type');
      end if;
      l_body := nvl(json_value(a_params, '$.message'), '') || chr(10) || kernel.query_text(a_query, l_type, l_user);
    end if;
    kernel.send_mail(l_host, l_username, l_password, l_sender, l_recipient, l_subject, l_body);
  end;
  procedure send_message(provider in varchar2, credential_name in varchar2, message in clob, params in clob) is
  begin
    deliver(provider, credential_name, message, null, params);
  end;
  procedure send_data(provider in varchar2, credential_name in varchar2, query in clob, params in clob) is
  begin
    if query is null then
      raise_application_error(-20000, 'Missing mandatory parameter - query');
    end if;
    deliver(provider, credential_name, null, query, params);
  end;
end;
/
create package sys.dbms_cloud_admin authid current_user as
  procedure create_database_link(db_link_name in varchar2, hostname in varchar2, port in number, service_name in varchar2, ssl_server_cert_dn in varchar2 default null, credential_name in varchar2 default null, directory_name in varchar2 default null, gateway_link in boolean default false, public_link in boolean default false, private_target in boolean default false, gateway_params in clob default null);
  procedure drop_database_link(db_link_name in varchar2, public_link in boolean default false);
end;
/
create package body sys.dbms_cloud_admin as
  procedure need(value in varchar2, label in varchar2) is
  begin
    if value is null then
      raise_application_error(-20000, 'Missing mandatory parameter - ' || label);
    end if;
  end;
  procedure create_database_link(db_link_name in varchar2, hostname in varchar2, port in number, service_name in varchar2, ssl_server_cert_dn in varchar2 default null, credential_name in varchar2 default null, directory_name in varchar2 default null, gateway_link in boolean default false, public_link in boolean default false, private_target in boolean default false, gateway_params in clob default null) is
    l_user varchar2(128) := sys_context('USERENV', 'CURRENT_USER');
    l_name varchar2(128) := upper(replace(credential_name, '"'));
    l_username varchar2(4000);
    l_count number;
    l_secure boolean := ssl_server_cert_dn is not null or directory_name is not null or port <> 1521;
    l_host varchar2(4000);
  begin
    need(db_link_name, 'db_link_name');
    need(hostname, 'hostname');
    need(service_name, 'service_name');
    if port is null then
      raise_application_error(-20000, 'Missing mandatory parameter - port');
    end if;
    if gateway_link or gateway_params is not null then
      raise_application_error(-20999, 'the sandbox cannot link to other databases than Oracle''s');
    end if;
    if lower(hostname) = 'localhost' then
      raise_application_error(-20000, 'Invalid hostname - ' || hostname);
    end if;
    if credential_name is not null then
      select count(*), max(username) into l_count, l_username from credential$ c where c.owner = l_user and c.credential_name = l_name;
      if l_count = 0 then
        raise_application_error(-20004, 'Credential "' || l_user || '"."' || l_name || '" does not exist');
      end if;
    end if;
    l_host := '(description=(address=(protocol=' || case when l_secure then 'tcps' else 'tcp' end || ')(port=' || port || ')(host=' || hostname
      || '))(connect_data=(service_name=' || service_name || '))';
    if ssl_server_cert_dn is not null then
      l_host := l_host || '(security=(ssl_server_cert_dn="' || ssl_server_cert_dn || '"))';
    elsif l_secure then
      l_host := l_host || '(security=(ssl_server_dn_match=yes))';
    end if;
    kernel.make_link(db_link_name, l_username, l_host || ')', public_link, l_user);
  end;
  procedure drop_database_link(db_link_name in varchar2, public_link in boolean default false) is
    l_public varchar2(10);
  begin
    if public_link then
      l_public := 'public ';
    end if;
    execute immediate 'drop ' || l_public || 'database link ' || dbms_assert.qualified_sql_name(db_link_name);
  end;
end;
/
create view sys.dba_credentials as select owner, credential_name, username, windows_domain, comments, enabled from credential$;
create view sys.all_credentials as select owner, credential_name, username, windows_domain, comments, enabled from credential$ where owner = user;
create view sys.user_credentials as select credential_name, username, windows_domain, comments, enabled from credential$ where owner = user;
create view sys.dba_host_aces as select host, lower_port, upper_port, row_number() over (partition by host, lower_port order by ace_id) as ace_order, cast(null as timestamp with time zone) as start_date, cast(null as timestamp with time zone) as end_date, 'GRANT' as grant_type, 'NO' as inverted_principal, principal, principal_type, privilege from host_ace$;
create view sys.user_host_aces as select host, lower_port, upper_port, privilege, 'GRANTED' as status from host_ace$ where principal = user;
create view sys.dba_network_acls as select host, lower_port, upper_port, 'NETWORK_ACL_' || standard_hash(host, 'SHA1') as acl, cast(null as raw(16)) as aclid, 'SYS' as acl_owner from (select distinct host, lower_port, upper_port from host_ace$);
