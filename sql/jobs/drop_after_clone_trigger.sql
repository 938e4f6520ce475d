-- purpose: Takes the AFTER CLONE trigger off the source again, if it is there.
-- side: source
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: DROP ANY TRIGGER, SELECT on USER_TRIGGERS
declare
  found number;
begin
  select count(*) into found from user_triggers t where t.trigger_name = 'ADBCTL_AFTER_CLONE';
  if found > 0 then
    execute immediate 'drop trigger adbctl_after_clone';
  end if;
end;
