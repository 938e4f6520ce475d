-- purpose: Ends listed sessions; what they had not committed is rolled back. Those that are gone meanwhile are left out.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: ALTER SYSTEM
-- param sessions: bind clob in - JSON array, as refresh/sessions gives it
-- param ended: bind number out - how many were ended
declare
  done number := 0;
  failures varchar2(32767);
  no_session exception;
  marked_already exception;
  pragma exception_init(no_session, -30);
  pragma exception_init(marked_already, -31);
begin
  for s in (
    select r.inst_id, r.sid, r.serial_number
      from json_table(:sessions, '$[*]' columns (
             inst_id number path '$.inst_id', sid number path '$.sid', serial_number number path '$.serial_number')) r
  ) loop
    begin
      execute immediate 'alter system kill session ''' || s.sid || ',' || s.serial_number || ',@' || s.inst_id || ''' immediate';
      done := done + 1;
    exception
      when no_session then
        null;
      when marked_already then
        done := done + 1;
      when others then
        failures := substr(failures || 'session ' || s.sid || ',' || s.serial_number || ': ' || sqlerrm || chr(10), 1, 1500);
    end;
  end loop;
  :ended := done;
  if failures is not null then
    raise_application_error(-20931, 'adbctl: sessions that could not be ended: ' || failures);
  end if;
end;
