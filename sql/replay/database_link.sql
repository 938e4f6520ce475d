-- purpose: Makes a recorded database link that is not there, in the schema that uses it; one that is there stays as it is.
--   Autonomous Database refuses CREATE DATABASE LINK: its own package makes links, to a host, port and service, with a
--   credential. A link is made in the schema of whoever asks, so a procedure that exists only meanwhile asks.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: CREATE ANY PROCEDURE, DROP ANY PROCEDURE, EXECUTE ANY PROCEDURE, SELECT on DBA_DB_LINKS, DBA_CREDENTIALS and DBA_ERRORS; the schema needs EXECUTE on DBMS_CLOUD and DBMS_CLOUD_ADMIN and CREATE DATABASE LINK, not by a role
-- param links: bind clob in - JSON array, as capture/database_links gives it
-- param schema_name: bind varchar2 in - the schema, or PUBLIC
-- param db_link: bind varchar2 in - the link's name
-- param password: bind varchar2 in - the password of the user that it connects as
-- param wallet_directory: bind varchar2 in - the directory with the wallet for it, or nothing
-- param private_target: bind varchar2 in - YES where it leads to a private endpoint
-- param outcome: bind varchar2 out - made, kept or not recorded; else why it is left to a person
declare
  compiled_with_errors exception;
  pragma exception_init(compiled_with_errors, -24344);
  helper varchar2(300);
  found number;
  result varchar2(4000) := 'not recorded';

  procedure drop_helper is
  begin
    execute immediate 'drop procedure ' || helper;
  exception
    when others then
      null;
  end;

  function part(p_text in varchar2, p_name in varchar2) return varchar2 is
  begin
    return trim(both '"' from trim(regexp_substr(p_text, p_name || ' *= *("[^"]*"|[^()]+)', 1, 1, 'i', 1)));
  end;

  procedure make(p_owner in varchar2, p_link in varchar2, p_user in varchar2, p_text in varchar2) is
    -- host:port/service and a whole description are the two forms that say where it leads by themselves.
    plain constant varchar2(60) := '^(//)?([^:/() ]+)(:([0-9]+))?/([^:/() ]+)$';
    host_name varchar2(1000) := nvl(part(p_text, 'host'), regexp_substr(p_text, plain, 1, 1, 'i', 2));
    port_number varchar2(10) := nvl(part(p_text, 'port'), nvl(regexp_substr(p_text, plain, 1, 1, 'i', 4), '1521'));
    service varchar2(1000) := nvl(part(p_text, 'service_name'), regexp_substr(p_text, plain, 1, 1, 'i', 5));
    link_credential varchar2(128) := substr(regexp_replace(p_link, '[^A-Z0-9_]', '_'), 1, 120) || '_LINK';
    maker varchar2(128) := case p_owner when 'PUBLIC' then user else p_owner end;
    here varchar2(20) := case p_owner when 'PUBLIC' then 'true' else 'false' end;
    private_endpoint varchar2(20) := case :private_target when 'YES' then 'true' else 'false' end;
    known number;
    why varchar2(2000);
  begin
    if host_name is null or service is null then
      result := 'left to a person: ' || p_text || ' names no host and service, which DBMS_CLOUD_ADMIN needs';
      return;
    end if;
    select count(*) into known from dba_credentials c where c.owner = maker and c.credential_name = link_credential;
    helper := dbms_assert.enquote_name(maker, false) || '.adbctl_database_link';
    begin
      begin
        execute immediate 'create or replace procedure ' || helper
          || ' (p_link in varchar2, p_host in varchar2, p_port in number, p_service in varchar2, p_certificate in varchar2,'
          || ' p_credential in varchar2, p_user in varchar2, p_secret in varchar2, p_wallet in varchar2) authid definer is begin '
          || case when known > 0 then 'dbms_cloud.drop_credential(credential_name => p_credential); ' end
          || 'dbms_cloud.create_credential(credential_name => p_credential, username => p_user, password => p_secret);'
          || ' dbms_cloud_admin.create_database_link(db_link_name => p_link, hostname => p_host, port => p_port,'
          || ' service_name => p_service, ssl_server_cert_dn => p_certificate, credential_name => p_credential,'
          || ' directory_name => p_wallet, public_link => ' || here || ', private_target => ' || private_endpoint || '); end;';
      exception
        -- Why it does not compile is read below.
        when compiled_with_errors then
          null;
      end;
      select max(e.text) keep (dense_rank first order by e.sequence) into why
        from dba_errors e
       where e.owner = maker and e.name = 'ADBCTL_DATABASE_LINK';
      if why is null then
        execute immediate 'begin ' || helper || '(:p_link, :p_host, :p_port, :p_service, :p_certificate, :p_credential, :p_user, :p_secret, :p_wallet); end;'
          using p_link, host_name, to_number(port_number), service, part(p_text, 'ssl_server_cert_dn'), link_credential, p_user,
            :password, :wallet_directory;
        result := 'made';
      else
        result := 'left to a person: ' || maker || ' needs EXECUTE on DBMS_CLOUD and DBMS_CLOUD_ADMIN, granted directly: ' || why;
      end if;
    exception
      when others then
        drop_helper;
        raise;
    end;
    drop_helper;
  end;
begin
  dbms_output.enable(null);
  for w in (
    select g.owner, g.db_link, g.username, g.host
      from json_table(:links, '$[*]' columns (
             owner varchar2(128) path '$.owner', db_link varchar2(128) path '$.db_link',
             username varchar2(128) path '$.username', host varchar2(2000) path '$.host')) g
     where g.owner = :schema_name and g.db_link = upper(:db_link)
  ) loop
    select count(*) into found from dba_db_links l where l.owner = w.owner and l.db_link = w.db_link;
    if found > 0 then
      result := 'kept';
    else
      make(w.owner, w.db_link, w.username, w.host);
    end if;
    if result like 'left%' then
      dbms_output.put_line(w.db_link || ' of ' || w.owner || ' is ' || result);
    end if;
  end loop;
  commit;
  :outcome := result;
end;
