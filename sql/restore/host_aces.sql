-- purpose: Lets users reach the hosts again that were recorded, as far as the users are there. Nothing is taken away.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: EXECUTE on DBMS_NETWORK_ACL_ADMIN, SELECT on DBA_HOST_ACES and DBA_USERS
-- param aces: bind clob in - JSON array, as capture/host_aces gives it
-- param given: bind number out - how many were given
-- param refused: bind clob out - those that were not, with the reason
declare
  given_now number := 0;
  failures clob;
  known number;
begin
  dbms_output.enable(null);
  for w in (
    select g.host, g.lower_port, g.upper_port, g.principal, g.privilege, g.grant_type
      from json_table(:aces, '$[*]' columns (
             host varchar2(1000) path '$.host', lower_port number path '$.lower_port', upper_port number path '$.upper_port',
             principal varchar2(128) path '$.principal', privilege varchar2(30) path '$.privilege',
             grant_type varchar2(10) path '$.grant_type')) g
     where not exists (select 1 from dba_host_aces a
                        where a.host = g.host and a.principal = g.principal and a.privilege = g.privilege
                          and a.grant_type = g.grant_type
                          and nvl(a.lower_port, -1) = nvl(g.lower_port, -1) and nvl(a.upper_port, -1) = nvl(g.upper_port, -1))
  ) loop
    begin
      select count(*) into known from dba_users u where u.username = w.principal;
      if known = 0 then
        raise_application_error(-20913, 'there is no such user');
      elsif w.grant_type <> 'GRANT' then
        raise_application_error(-20917, 'it denies');
      end if;
      dbms_network_acl_admin.append_host_ace(
        host => w.host,
        lower_port => w.lower_port,
        upper_port => w.upper_port,
        ace => xs$ace_type(privilege_list => xs$name_list(w.privilege), principal_name => w.principal, principal_type => xs_acl.ptype_db));
      given_now := given_now + 1;
    exception
      when others then
        failures := failures || w.privilege || ' on ' || w.host || ' for ' || w.principal || ': ' || sqlerrm || chr(10);
        dbms_output.put_line('left out: ' || w.privilege || ' on ' || w.host || ' for ' || w.principal || ': ' || sqlerrm);
    end;
  end loop;
  commit;
  :given := given_now;
  :refused := failures;
end;
