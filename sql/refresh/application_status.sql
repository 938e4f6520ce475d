-- purpose: Makes recorded APEX applications unavailable, or gives them the status back that was recorded.
--   One that only chosen users could reach, or nobody, is left as it is.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param applications: bind clob in - JSON array, as refresh/applications gives it
-- param available: bind number in - 0 to make them unavailable, 1 to put them back
-- param changed: bind number out - how many were changed now
declare
  done number := 0;
  failures varchar2(32767);
  package_name varchar2(128);
  known number;
  status varchar2(255);
  wanted varchar2(255);
begin
  select count(*) into known from all_synonyms y where y.owner = 'PUBLIC' and y.synonym_name = 'APEX_APPLICATION_ADMIN';
  package_name := case when known > 0 then 'apex_application_admin' else 'apex_util' end;
  for a in (
    select r.application_id, r.workspace, r.status
      from json_table(:applications, '$[*]' columns (
             application_id number path '$.application_id', workspace varchar2(255) path '$.workspace', status varchar2(255) path '$.status')) r
     where r.status in ('AVAILABLE', 'AVAILABLE_W_EDIT_LINK', 'DEVELOPERS_ONLY')
       and exists (select 1 from apex_applications p where p.application_id = r.application_id and p.workspace = r.workspace)
     order by r.application_id
  ) loop
    begin
      wanted := case when :available = 1 then a.status else 'UNAVAILABLE' end;
      apex_util.set_workspace(p_workspace => a.workspace);
      execute immediate 'begin :1 := ' || package_name || '.get_application_status(p_application_id => :2); end;' using out status, in a.application_id;
      if status <> wanted then
        execute immediate 'begin ' || package_name || '.set_application_status(p_application_id => :1, p_application_status => :2); end;'
          using a.application_id, wanted;
        commit;
        done := done + 1;
      end if;
    exception
      when others then
        failures := substr(failures || 'application ' || a.application_id || ': ' || sqlerrm || chr(10), 1, 1500);
    end;
  end loop;
  :changed := done;
  if failures is not null then
    raise_application_error(-20930, 'adbctl: applications whose status could not be set: ' || failures);
  end if;
end;
