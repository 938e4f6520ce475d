begin
  for j in (select '"' || owner || '"."' || job_name || '"' as name from sys.scheduler$_job where enabled = 'TRUE') loop
    dbms_scheduler.disable(j.name, true);
    dbms_scheduler.enable(j.name);
  end loop;
end;
