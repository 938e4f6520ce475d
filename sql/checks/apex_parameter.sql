-- purpose: Shows an APEX instance parameter.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param parameter: bind varchar2 in - its name
select apex_instance_admin.get_parameter(:parameter) as value from dual
