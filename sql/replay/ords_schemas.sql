-- purpose: Enables the recorded schemas for REST, or disables them, where they are not as recorded.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: ORDS_ADMINISTRATOR_ROLE, SELECT on DBA_USERS
-- param schemas: bind clob in - JSON array, as capture/ords_schemas gives it: those that are missing or differ
-- param given: bind number out - how many were set
declare
  given_now number := 0;
  known number;
begin
  dbms_output.enable(null);
  for w in (
    select g.parsing_schema, g.kind, g.pattern, g.status, g.auto_rest_auth
      from json_table(:schemas, '$[*]' columns (
             parsing_schema varchar2(128) path '$.parsing_schema', kind varchar2(30) path '$.type', pattern varchar2(255) path '$.pattern',
             status varchar2(20) path '$.status', auto_rest_auth varchar2(20) path '$.auto_rest_auth')) g
  ) loop
    begin
      select count(*) into known from dba_users u where u.username = w.parsing_schema;
      if known = 0 then
        raise_application_error(-20913, 'there is no user ' || w.parsing_schema);
      end if;
      ords_admin.enable_schema(p_enabled => (w.status = 'ENABLED'), p_schema => w.parsing_schema,
        p_url_mapping_type => nvl(w.kind, 'BASE_PATH'), p_url_mapping_pattern => w.pattern,
        p_auto_rest_auth => (w.auto_rest_auth = 'ENABLED'));
      commit;
      given_now := given_now + 1;
    exception
      when others then
        rollback;
        dbms_output.put_line('left out: REST for schema ' || w.parsing_schema || ': ' || sqlerrm);
    end;
  end loop;
  :given := given_now;
end;
