-- purpose: Keeps the copied APEX from sending the mail of its origin: its mail server becomes a name that cannot exist.
--   To release mail, set SMTP_HOST_ADDRESS to the earlier value. Waiting mail stays in the queue.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param nowhere: bind varchar2 in - the name that cannot exist, such as mail-stopped.invalid
-- param earlier: bind varchar2 out - the mail server that was set
-- param queued: bind number out - how many messages wait
-- param value_now: bind varchar2 out - the mail server that is set now
declare
  found varchar2(4000);
  waiting number;
begin
  dbms_output.enable(null);
  found := apex_instance_admin.get_parameter('SMTP_HOST_ADDRESS');
  :earlier := found;
  if found is null or found <> :nowhere then
    apex_instance_admin.set_parameter('SMTP_HOST_ADDRESS', :nowhere);
    commit;
  end if;
  select count(*) into waiting from apex_mail_queue;
  dbms_output.put_line(waiting || ' messages wait in the queue; the mail server was ' || nvl(found, 'not set')
    || '. To release mail, set the instance parameter SMTP_HOST_ADDRESS.');
  :queued := waiting;
  :value_now := apex_instance_admin.get_parameter('SMTP_HOST_ADDRESS');
end;
