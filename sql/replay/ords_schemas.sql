-- purpose: Enables the recorded schemas for REST where they are not as recorded. None is disabled, and none that wants
--   to know who asks is opened to everybody: where the record would have that, it is left to a person.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: ORDS_ADMINISTRATOR_ROLE, SELECT on DBA_USERS and DBA_ORDS_SCHEMAS
-- param schemas: bind clob in - JSON array, as capture/ords_schemas gives it: those that are missing or differ
-- param given: bind number out - how many were set
-- param refused: bind clob out - those that were not, with the reason
declare
  given_now number := 0;
  failures clob;
  known number;
  closed number;
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
      select count(*) into closed
        from dba_ords_schemas s
       where s.parsing_schema = w.parsing_schema and s.auto_rest_auth = 'ENABLED';
      if w.status <> 'ENABLED' then
        raise_application_error(-20915, 'it is recorded as disabled, and nothing is taken from anybody');
      elsif closed > 0 and nvl(w.auto_rest_auth, 'DISABLED') <> 'ENABLED' then
        raise_application_error(-20916, 'it asks who calls, and is recorded as open');
      end if;
      ords_admin.enable_schema(p_enabled => true, p_schema => w.parsing_schema,
        p_url_mapping_type => nvl(w.kind, 'BASE_PATH'), p_url_mapping_pattern => w.pattern,
        p_auto_rest_auth => (w.auto_rest_auth = 'ENABLED'));
      commit;
      given_now := given_now + 1;
    exception
      when others then
        rollback;
        failures := failures || 'REST for schema ' || w.parsing_schema || ': ' || sqlerrm || chr(10);
        dbms_output.put_line('left out: REST for schema ' || w.parsing_schema || ': ' || sqlerrm);
    end;
  end loop;
  :given := given_now;
  :refused := failures;
end;
