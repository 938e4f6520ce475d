-- purpose: Lets a Data Pump job that stopped go on from where it was.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: DATAPUMP_CLOUD_EXP or DATAPUMP_CLOUD_IMP
-- param job_name: bind varchar2 in - the job's name
-- param restarted: bind number out - 1 where it was started again
-- param failure: bind clob out - what Data Pump said where it refused, its details included
declare
  job number;
  known number;
  said clob;
  status ku$_status;
  started_with_information exception;
  pragma exception_init(started_with_information, -31627);
begin
  :restarted := 0;
  :failure := null;
  -- The end is read from the log's last line, which has to be in the language that it is looked for in.
  execute immediate 'alter session set nls_language = ''AMERICAN''';
  select count(*) into known
    from user_datapump_jobs j
   where j.job_name = :job_name and trim(j.state) in ('NOT RUNNING', 'IDLING', 'STOPPED');
  if known > 0 then
    job := dbms_datapump.attach(job_name => :job_name, job_owner => user);
    begin
      dbms_datapump.start_job(handle => job);
    exception
      -- The job goes on, and there is more to be said of it, which its log says.
      when started_with_information then
        null;
    end;
    dbms_datapump.detach(handle => job);
    :restarted := 1;
  end if;
exception
  when others then
    said := sqlerrm;
    begin
      status := dbms_datapump.get_status(job, dbms_datapump.ku$_status_job_error, 0);
      if status.error is not null then
        for i in 1 .. status.error.count loop
          said := said || chr(10) || status.error(i).logtext;
        end loop;
      end if;
    exception
      when others then
        null;
    end;
    if job is not null then
      begin
        -- A session that stays attached would keep the job from being looked at and restarted by others.
        dbms_datapump.detach(handle => job);
      exception
        when others then
          null;
      end;
    end if;
    :failure := said;
end;
