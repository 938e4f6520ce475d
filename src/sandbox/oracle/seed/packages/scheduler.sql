alter session set current_schema = sys;
create table sys.scheduler$_job (
  owner varchar2(128) not null, job_name varchar2(128) not null, job_creator varchar2(128), job_type varchar2(30) not null,
  job_action varchar2(4000) not null, number_of_arguments number, start_date timestamp with time zone, repeat_interval varchar2(4000),
  end_date timestamp with time zone, job_class varchar2(128), enabled varchar2(5) not null, auto_drop varchar2(5) not null,
  comments varchar2(4000), credential_name varchar2(128), state varchar2(20) not null, run_count number default 0 not null,
  failure_count number default 0 not null, last_start_date timestamp with time zone, next_run_date timestamp with time zone,
  constraint scheduler$_job_pk primary key (owner, job_name));
create table sys.scheduler$_run (
  log_id number generated always as identity primary key, log_date timestamp with time zone, owner varchar2(128), job_name varchar2(128),
  status varchar2(30), error# number, req_start_date timestamp with time zone, actual_start_date timestamp with time zone,
  session_id varchar2(128), additional_info varchar2(4000), errors varchar2(4000));
create package sys.dbms_isched as
  function run_due(now_at in timestamp with time zone) return number;
  procedure run_one(job_owner in varchar2, job in varchar2, now_at in timestamp with time zone, failed out varchar2);
end;
/
create package body sys.dbms_isched as
  procedure run_one(job_owner in varchar2, job in varchar2, now_at in timestamp with time zone, failed out varchar2) is
    l_job scheduler$_job%rowtype;
    l_text varchar2(32767);
  begin
    select * into l_job from scheduler$_job where owner = job_owner and job_name = job;
    if l_job.job_type = 'STORED_PROCEDURE' then
      l_text := 'begin ' || l_job.job_action || '; end;';
    else
      l_text := l_job.job_action;
      if not regexp_like(l_text, '^\s*(begin|declare)', 'i') then
        l_text := 'begin ' || rtrim(l_text, '; ') || '; end;';
      end if;
    end if;
    update scheduler$_job set state = 'RUNNING', last_start_date = now_at where owner = job_owner and job_name = job;
    commit;
    failed := kernel.run_as(job_owner, l_text, job);
    insert into scheduler$_run (log_date, owner, job_name, status, error#, req_start_date, actual_start_date, session_id, additional_info, errors)
    values (now_at, job_owner, job, case when failed is null then 'SUCCEEDED' else 'FAILED' end,
      nvl(to_number(regexp_substr(failed, '[0-9]+')), 0), nvl(l_job.next_run_date, now_at), now_at,
      sys_context('USERENV', 'SID'), substr(failed, 1, 4000), substr(failed, 1, 4000));
    update scheduler$_job
       set run_count = run_count + 1,
           failure_count = failure_count + case when failed is null then 0 else 1 end,
           next_run_date = case when enabled = 'TRUE' and repeat_interval is not null then kernel.next_run(repeat_interval, nvl(start_date, now_at), now_at) end,
           state = case when enabled = 'TRUE' and repeat_interval is not null then 'SCHEDULED' when enabled = 'FALSE' then 'DISABLED'
                        when failed is null then 'SUCCEEDED' else 'FAILED' end,
           enabled = case when repeat_interval is null then 'FALSE' else enabled end
     where owner = job_owner and job_name = job;
    if l_job.repeat_interval is null and l_job.auto_drop = 'TRUE' and l_job.enabled = 'TRUE' then
      delete from scheduler$_job where owner = job_owner and job_name = job;
    end if;
    commit;
  end;
  function run_due(now_at in timestamp with time zone) return number is
    l_count number := 0;
    l_failed varchar2(32767);
  begin
    for due in (select owner, job_name from scheduler$_job where enabled = 'TRUE' and state = 'SCHEDULED' and next_run_date <= now_at
                and (end_date is null or end_date > now_at) order by next_run_date) loop
      -- Somebody may have switched it off since the list was made.
      update scheduler$_job set state = 'RUNNING'
       where owner = due.owner and job_name = due.job_name and enabled = 'TRUE' and state = 'SCHEDULED';
      if sql%rowcount > 0 then
        run_one(due.owner, due.job_name, now_at, l_failed);
        l_count := l_count + 1;
      end if;
    end loop;
    return l_count;
  end;
end;
/
create package sys.dbms_scheduler authid current_user as
  procedure create_job(job_name in varchar2, job_type in varchar2, job_action in varchar2, number_of_arguments in pls_integer default 0, start_date in timestamp with time zone default null, repeat_interval in varchar2 default null, end_date in timestamp with time zone default null, job_class in varchar2 default '$SCHED_DEFAULT$', enabled in boolean default false, auto_drop in boolean default true, comments in varchar2 default null, credential_name in varchar2 default null, destination_name in varchar2 default null);
  procedure enable(name in varchar2, commit_semantics in varchar2 default 'STOP_ON_FIRST_ERROR');
  procedure disable(name in varchar2, force in boolean default false, commit_semantics in varchar2 default 'STOP_ON_FIRST_ERROR');
  procedure drop_job(job_name in varchar2, force in boolean default false, defer in boolean default false, commit_semantics in varchar2 default 'STOP_ON_FIRST_ERROR');
  procedure run_job(job_name in varchar2, use_current_session in boolean default true);
  procedure stop_job(job_name in varchar2, force in boolean default false, commit_semantics in varchar2 default 'STOP_ON_FIRST_ERROR');
  procedure set_attribute(name in varchar2, attribute in varchar2, value in varchar2, value2 in varchar2 default null);
  procedure set_attribute(name in varchar2, attribute in varchar2, value in boolean);
  procedure set_attribute(name in varchar2, attribute in varchar2, value in timestamp with time zone);
  procedure set_attribute_null(name in varchar2, attribute in varchar2);
end;
/
create package body sys.dbms_scheduler as
  procedure split_name(name in varchar2, job_owner out varchar2, job out varchar2) is
    l_at number := instr(name, '.');
    function plain(part in varchar2) return varchar2 is
    begin
      if trim(part) like '"%"' then
        return substr(trim(part), 2, length(trim(part)) - 2);
      end if;
      return upper(trim(part));
    end;
  begin
    if l_at > 0 and name like '"%"' and name not like '%"."%' and name not like '%".%' then
      l_at := 0;
    end if;
    if name is null or not kernel.is_sql_name(case when l_at > 0 then substr(name, l_at + 1) else name end) then
      kernel.raise_error(27452, name);
    end if;
    if l_at > 0 then
      job_owner := plain(substr(name, 1, l_at - 1));
      job := plain(substr(name, l_at + 1));
    else
      job_owner := sys_context('USERENV', 'CURRENT_USER');
      job := plain(name);
    end if;
  end;
  procedure allow(job_owner in varchar2) is
    l_user varchar2(128) := sys_context('USERENV', 'CURRENT_USER');
  begin
    if l_user <> job_owner and kernel.has_role(l_user, 'SCHEDULER_ADMIN') = 0 then
      kernel.raise_error(27486);
    end if;
  end;
  procedure find(name in varchar2, job_owner out varchar2, job out varchar2, unknown in number default 27475) is
    l_count number;
  begin
    split_name(name, job_owner, job);
    select count(*) into l_count from scheduler$_job where owner = job_owner and job_name = job;
    if l_count = 0 then
      kernel.raise_error(unknown, job_owner || '"."' || job);
    end if;
    allow(job_owner);
  end;
  procedure create_job(job_name in varchar2, job_type in varchar2, job_action in varchar2, number_of_arguments in pls_integer default 0, start_date in timestamp with time zone default null, repeat_interval in varchar2 default null, end_date in timestamp with time zone default null, job_class in varchar2 default '$SCHED_DEFAULT$', enabled in boolean default false, auto_drop in boolean default true, comments in varchar2 default null, credential_name in varchar2 default null, destination_name in varchar2 default null) is
    l_owner varchar2(128);
    l_job varchar2(128);
    l_count number;
    l_next timestamp with time zone;
    l_type varchar2(30) := upper(job_type);
    l_action varchar2(4000) := job_action;
    l_start timestamp with time zone := start_date;
    l_interval varchar2(4000) := repeat_interval;
    l_end timestamp with time zone := end_date;
    l_class varchar2(128) := job_class;
    l_comments varchar2(4000) := comments;
    l_credential varchar2(128) := credential_name;
    l_arguments number := number_of_arguments;
    l_enabled varchar2(5) := 'FALSE';
    l_drop varchar2(5) := 'TRUE';
  begin
    split_name(job_name, l_owner, l_job);
    allow(l_owner);
    if l_type not in ('PLSQL_BLOCK', 'STORED_PROCEDURE') then
      if l_type in ('EXECUTABLE', 'CHAIN', 'EXTERNAL_SCRIPT', 'SQL_SCRIPT', 'BACKUP_SCRIPT') then
        raise_application_error(-20999, 'the sandbox cannot run jobs of type ' || l_type);
      end if;
      kernel.raise_error(27465, l_type);
    end if;
    select count(*) into l_count from x$objects where owner = l_owner and name = l_job and type in ('TABLE', 'VIEW', 'PROCEDURE', 'FUNCTION', 'PACKAGE', 'SEQUENCE', 'SYNONYM', 'TYPE');
    if l_count = 0 then
      select count(*) into l_count from scheduler$_job j where j.owner = l_owner and j.job_name = l_job;
    end if;
    if l_count > 0 then
      kernel.raise_error(27477, l_owner || '"."' || l_job);
    end if;
    if enabled then
      l_enabled := 'TRUE';
    end if;
    if not auto_drop then
      l_drop := 'FALSE';
    end if;
    if l_interval is not null then
      l_next := kernel.next_run(l_interval, nvl(l_start, systimestamp), systimestamp);
      if l_start > systimestamp then
        l_next := l_start;
      end if;
    else
      l_next := nvl(l_start, systimestamp);
    end if;
    insert into scheduler$_job (owner, job_name, job_creator, job_type, job_action, number_of_arguments, start_date, repeat_interval, end_date, job_class, enabled, auto_drop, comments, credential_name, state, next_run_date)
    values (l_owner, l_job, user, l_type, l_action, l_arguments, l_start, l_interval, l_end, l_class, l_enabled, l_drop, l_comments, l_credential,
      case when l_enabled = 'TRUE' then 'SCHEDULED' else 'DISABLED' end, case when l_enabled = 'TRUE' then l_next end);
    commit;
  end;
  procedure enable_one(name in varchar2) is
    l_owner varchar2(128);
    l_job varchar2(128);
  begin
    find(name, l_owner, l_job, 27476);
    update scheduler$_job
       set enabled = 'TRUE', state = 'SCHEDULED',
           next_run_date = case when repeat_interval is null then nvl(start_date, systimestamp) else kernel.next_run(repeat_interval, nvl(start_date, systimestamp), systimestamp) end
     where owner = l_owner and job_name = l_job and enabled = 'FALSE';
    commit;
  end;
  procedure disable_one(name in varchar2, force in boolean) is
    l_owner varchar2(128);
    l_job varchar2(128);
    l_state varchar2(30);
  begin
    find(name, l_owner, l_job, 27476);
    select state into l_state from scheduler$_job where owner = l_owner and job_name = l_job;
    if l_state = 'RUNNING' and not force then
      kernel.raise_error(27478, l_owner || '"."' || l_job);
    end if;
    update scheduler$_job set enabled = 'FALSE', state = 'DISABLED', next_run_date = null where owner = l_owner and job_name = l_job;
    commit;
  end;
  procedure enable(name in varchar2, commit_semantics in varchar2 default 'STOP_ON_FIRST_ERROR') is
    l_rest varchar2(32767) := name;
    l_at number;
  begin
    loop
      l_at := instr(l_rest, ',');
      enable_one(case when l_at > 0 then substr(l_rest, 1, l_at - 1) else l_rest end);
      exit when l_at = 0;
      l_rest := substr(l_rest, l_at + 1);
    end loop;
  end;
  procedure disable(name in varchar2, force in boolean default false, commit_semantics in varchar2 default 'STOP_ON_FIRST_ERROR') is
    l_rest varchar2(32767) := name;
    l_at number;
  begin
    loop
      l_at := instr(l_rest, ',');
      disable_one(case when l_at > 0 then substr(l_rest, 1, l_at - 1) else l_rest end, force);
      exit when l_at = 0;
      l_rest := substr(l_rest, l_at + 1);
    end loop;
  end;
  procedure drop_job(job_name in varchar2, force in boolean default false, defer in boolean default false, commit_semantics in varchar2 default 'STOP_ON_FIRST_ERROR') is
    l_owner varchar2(128);
    l_job varchar2(128);
    l_state varchar2(30);
  begin
    find(job_name, l_owner, l_job);
    select state into l_state from scheduler$_job j where j.owner = l_owner and j.job_name = l_job;
    if l_state = 'RUNNING' and not force then
      kernel.raise_error(27478, l_owner || '"."' || l_job);
    end if;
    delete from scheduler$_job j where j.owner = l_owner and j.job_name = l_job;
    commit;
  end;
  procedure run_job(job_name in varchar2, use_current_session in boolean default true) is
    l_owner varchar2(128);
    l_job varchar2(128);
    l_failed varchar2(32767);
  begin
    find(job_name, l_owner, l_job);
    dbms_isched.run_one(l_owner, l_job, systimestamp, l_failed);
    if l_failed is not null and use_current_session then
      raise_application_error(-20000, l_failed);
    end if;
  end;
  procedure stop_job(job_name in varchar2, force in boolean default false, commit_semantics in varchar2 default 'STOP_ON_FIRST_ERROR') is
    l_owner varchar2(128);
    l_job varchar2(128);
    l_state varchar2(30);
  begin
    find(job_name, l_owner, l_job);
    select state into l_state from scheduler$_job j where j.owner = l_owner and j.job_name = l_job;
    if l_state <> 'RUNNING' then
      kernel.raise_error(27366, l_owner || '"."' || l_job);
    end if;
    update scheduler$_job j set state = case when enabled = 'TRUE' then 'SCHEDULED' else 'DISABLED' end where j.owner = l_owner and j.job_name = l_job;
    commit;
  end;
  procedure set_attribute(name in varchar2, attribute in varchar2, value in varchar2, value2 in varchar2 default null) is
    l_owner varchar2(128);
    l_job varchar2(128);
    l_attribute varchar2(128) := upper(attribute);
    l_value varchar2(4000) := value;
    l_check timestamp with time zone;
  begin
    find(name, l_owner, l_job, 27476);
    if l_attribute = 'REPEAT_INTERVAL' then
      l_check := kernel.next_run(l_value, systimestamp, systimestamp);
      update scheduler$_job set repeat_interval = l_value, next_run_date = case when enabled = 'TRUE' then l_check end where owner = l_owner and job_name = l_job;
    elsif l_attribute = 'JOB_ACTION' then
      update scheduler$_job set job_action = l_value where owner = l_owner and job_name = l_job;
    elsif l_attribute = 'JOB_TYPE' then
      if upper(l_value) not in ('PLSQL_BLOCK', 'STORED_PROCEDURE') then
        kernel.raise_error(27465, l_attribute);
      end if;
      update scheduler$_job set job_type = upper(l_value) where owner = l_owner and job_name = l_job;
    elsif l_attribute = 'COMMENTS' then
      update scheduler$_job set comments = l_value where owner = l_owner and job_name = l_job;
    elsif l_attribute = 'JOB_CLASS' then
      update scheduler$_job set job_class = l_value where owner = l_owner and job_name = l_job;
    elsif l_attribute = 'CREDENTIAL_NAME' then
      update scheduler$_job set credential_name = l_value where owner = l_owner and job_name = l_job;
    else
      kernel.raise_error(27465, l_attribute);
    end if;
    commit;
  end;
  procedure set_attribute(name in varchar2, attribute in varchar2, value in boolean) is
    l_owner varchar2(128);
    l_job varchar2(128);
    l_value varchar2(5) := 'FALSE';
  begin
    find(name, l_owner, l_job, 27476);
    if value then
      l_value := 'TRUE';
    end if;
    if upper(attribute) = 'AUTO_DROP' then
      update scheduler$_job set auto_drop = l_value where owner = l_owner and job_name = l_job;
    elsif upper(attribute) not in ('RESTARTABLE', 'STOP_ON_WINDOW_CLOSE', 'STORE_OUTPUT') then
      kernel.raise_error(27465, attribute);
    end if;
    commit;
  end;
  procedure set_attribute(name in varchar2, attribute in varchar2, value in timestamp with time zone) is
    l_owner varchar2(128);
    l_job varchar2(128);
    l_value timestamp with time zone := value;
  begin
    find(name, l_owner, l_job, 27476);
    if upper(attribute) = 'START_DATE' then
      update scheduler$_job set start_date = l_value, next_run_date = case when enabled = 'TRUE' then l_value end where owner = l_owner and job_name = l_job;
    elsif upper(attribute) = 'END_DATE' then
      update scheduler$_job set end_date = l_value where owner = l_owner and job_name = l_job;
    else
      kernel.raise_error(27465, attribute);
    end if;
    commit;
  end;
  procedure set_attribute_null(name in varchar2, attribute in varchar2) is
    l_owner varchar2(128);
    l_job varchar2(128);
  begin
    find(name, l_owner, l_job, 27476);
    if upper(attribute) = 'COMMENTS' then
      update scheduler$_job set comments = null where owner = l_owner and job_name = l_job;
    elsif upper(attribute) = 'END_DATE' then
      update scheduler$_job set end_date = null where owner = l_owner and job_name = l_job;
    elsif upper(attribute) = 'START_DATE' then
      update scheduler$_job set start_date = null where owner = l_owner and job_name = l_job;
    elsif upper(attribute) = 'REPEAT_INTERVAL' then
      update scheduler$_job set repeat_interval = null, next_run_date = null where owner = l_owner and job_name = l_job;
    elsif upper(attribute) = 'CREDENTIAL_NAME' then
      update scheduler$_job set credential_name = null where owner = l_owner and job_name = l_job;
    else
      kernel.raise_error(27465, attribute);
    end if;
    commit;
  end;
end;
/
create view sys.dba_scheduler_jobs as select owner, job_name, cast(null as varchar2(128)) as job_subname, 'REGULAR' as job_style, job_creator, cast(null as varchar2(128)) as program_owner, cast(null as varchar2(128)) as program_name, job_type, job_action, number_of_arguments, cast(null as varchar2(128)) as schedule_owner, cast(null as varchar2(128)) as schedule_name, case when repeat_interval is null then 'ONCE' else 'CALENDAR' end as schedule_type, start_date, repeat_interval, end_date, job_class, enabled, auto_drop, 'FALSE' as restartable, state, 3 as job_priority, run_count, failure_count, 0 as retry_count, last_start_date, cast(null as interval day to second) as last_run_duration, next_run_date, cast(null as interval day to second) as max_run_duration, credential_name, comments from scheduler$_job;
create view sys.user_scheduler_jobs as select job_name, job_subname, job_style, job_creator, program_owner, program_name, job_type, job_action, number_of_arguments, schedule_owner, schedule_name, schedule_type, start_date, repeat_interval, end_date, job_class, enabled, auto_drop, restartable, state, job_priority, run_count, failure_count, retry_count, last_start_date, last_run_duration, next_run_date, max_run_duration, credential_name, comments from dba_scheduler_jobs where owner = user;
create view sys.all_scheduler_jobs as select * from dba_scheduler_jobs where owner = user;
create view sys.dba_scheduler_job_run_details as select log_id, log_date, owner, job_name, cast(null as varchar2(128)) as job_subname, status, error#, req_start_date, actual_start_date, to_dsinterval('0 00:00:00') as run_duration, 1 as instance_id, session_id, cast(null as varchar2(30)) as slave_pid, to_dsinterval('0 00:00:00') as cpu_used, additional_info, errors, cast(null as varchar2(4000)) as output from scheduler$_run;
create view sys.user_scheduler_job_run_details as select * from dba_scheduler_job_run_details where owner = user;
create view sys.dba_scheduler_running_jobs as select owner, job_name, cast(null as varchar2(128)) as job_subname, 'REGULAR' as job_style, 0 as session_id, cast(null as varchar2(30)) as slave_process_id, 1 as running_instance, to_dsinterval('0 00:00:00') as elapsed_time, to_dsinterval('0 00:00:00') as cpu_used, 0 as log_id from scheduler$_job where state = 'RUNNING';
create view sys.user_scheduler_running_jobs as select job_name, session_id, running_instance, elapsed_time, cpu_used, log_id from dba_scheduler_running_jobs where owner = user;
