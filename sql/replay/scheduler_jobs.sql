-- purpose: Makes the recorded scheduler jobs that are not there, switched off, and corrects those that are defined otherwise.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: CREATE ANY JOB, MANAGE SCHEDULER, SELECT on DBA_SCHEDULER_JOBS and DBA_USERS
-- param jobs: bind clob in - JSON array, as capture/scheduler_jobs gives it: those that are missing or differ
-- param given: bind number out - how many were made or corrected
-- param refused: bind clob out - those that were not, with the reason
declare
  given_now number := 0;
  failures clob;
  known number;
  was_on number := 0;
  said varchar2(4000);
  job_path varchar2(300);
  procedure set_text(p_attribute in varchar2, p_value in varchar2) is
  begin
    if p_value is null then
      dbms_scheduler.set_attribute_null(name => job_path, attribute => p_attribute);
    else
      dbms_scheduler.set_attribute(name => job_path, attribute => p_attribute, value => p_value);
    end if;
  end;
  procedure set_moment(p_attribute in varchar2, p_value in timestamp with time zone) is
  begin
    if p_value is null then
      dbms_scheduler.set_attribute_null(name => job_path, attribute => p_attribute);
    else
      dbms_scheduler.set_attribute(name => job_path, attribute => p_attribute, value => p_value);
    end if;
  end;
  procedure switch_on_again(p_said in out nocopy varchar2) is
  begin
    dbms_scheduler.enable(name => job_path);
  exception
    when others then
      p_said := substr(p_said || '; it was on and is off now: ' || sqlerrm, 1, 4000);
  end;
begin
  dbms_output.enable(null);
  for w in (
    select g.owner, g.job_name, g.job_type, g.job_action, g.number_of_arguments, g.program_name, g.schedule_name,
           to_timestamp_tz(g.start_date, 'YYYY-MM-DD"T"HH24:MI:SS TZR') as start_date, g.repeat_interval,
           to_timestamp_tz(g.end_date, 'YYYY-MM-DD"T"HH24:MI:SS TZR') as end_date, g.job_class, g.auto_drop, g.credential_name, g.comments
      from json_table(:jobs, '$[*]' columns (
             owner varchar2(128) path '$.owner', job_name varchar2(128) path '$.job_name', job_type varchar2(30) path '$.job_type',
             job_action varchar2(4000) path '$.job_action', number_of_arguments number path '$.number_of_arguments',
             program_name varchar2(128) path '$.program_name', schedule_name varchar2(128) path '$.schedule_name',
             start_date varchar2(100) path '$.start_date', repeat_interval varchar2(4000) path '$.repeat_interval',
             end_date varchar2(100) path '$.end_date', job_class varchar2(128) path '$.job_class',
             auto_drop varchar2(5) path '$.auto_drop', credential_name varchar2(128) path '$.credential_name',
             comments varchar2(4000) path '$.comments')) g
  ) loop
    was_on := 0;
    job_path := dbms_assert.enquote_name(w.owner, false) || '.' || dbms_assert.enquote_name(w.job_name, false);
    begin
      select count(*) into known from dba_users u where u.username = w.owner;
      if known = 0 then
        raise_application_error(-20913, 'there is no user ' || w.owner);
      end if;
      if w.program_name is not null or w.schedule_name is not null or w.number_of_arguments > 0 or w.job_action is null then
        raise_application_error(-20914, 'it has a program, a schedule or arguments of its own, which are not recorded');
      end if;
      select count(*), count(case when j.enabled = 'TRUE' then 1 end) into known, was_on
        from dba_scheduler_jobs j
       where j.owner = w.owner and j.job_name = w.job_name;
      if known = 0 then
        dbms_scheduler.create_job(
          job_name => job_path, job_type => w.job_type, job_action => w.job_action, start_date => w.start_date,
          repeat_interval => w.repeat_interval, end_date => w.end_date, job_class => w.job_class, enabled => false,
          auto_drop => (w.auto_drop = 'TRUE'), comments => w.comments, credential_name => w.credential_name);
      else
        -- One that is on would be switched off at each change and on again, and stays off where that fails half-way.
        if was_on > 0 then
          dbms_scheduler.disable(name => job_path, force => true);
        end if;
        set_text('job_type', w.job_type);
        set_text('job_action', w.job_action);
        set_text('repeat_interval', w.repeat_interval);
        set_text('job_class', w.job_class);
        set_text('credential_name', w.credential_name);
        set_text('comments', w.comments);
        set_moment('start_date', w.start_date);
        set_moment('end_date', w.end_date);
        dbms_scheduler.set_attribute(name => job_path, attribute => 'auto_drop', value => (w.auto_drop = 'TRUE'));
        if was_on > 0 then
          dbms_scheduler.enable(name => job_path);
        end if;
      end if;
      given_now := given_now + 1;
    exception
      when others then
        said := sqlerrm;
        if was_on > 0 then
          switch_on_again(said);
        end if;
        failures := failures || 'job ' || w.owner || '.' || w.job_name || ': ' || said || chr(10);
        dbms_output.put_line('left out: job ' || w.owner || '.' || w.job_name || ': ' || said);
    end;
  end loop;
  commit;
  :given := given_now;
  :refused := failures;
end;
