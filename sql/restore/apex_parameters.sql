-- purpose: Sets the APEX instance parameters again that were recorded.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param parameters: bind clob in - JSON array of objects with name and value, as capture/apex_parameters gives it
-- param changed: bind number out - how many were different
declare
  different number := 0;
  current_value varchar2(4000);
begin
  for w in (
    select p.name, p.value
      from json_table(:parameters, '$[*]' columns (name varchar2(255) path '$.name', value varchar2(4000) path '$.value')) p
  ) loop
    current_value := apex_instance_admin.get_parameter(w.name);
    if nvl(current_value, chr(0)) <> nvl(w.value, chr(0)) then
      apex_instance_admin.set_parameter(w.name, w.value);
      different := different + 1;
    end if;
  end loop;
  commit;
  :changed := different;
end;
