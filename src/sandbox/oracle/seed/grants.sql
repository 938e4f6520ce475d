-- Who may use what: public names, execute rights, and what ADMIN may pass on.
alter session set current_schema = sys;
begin
  for unit in (select object_name from dba_objects where owner = 'SYS' and object_type in ('PACKAGE', 'TYPE') and object_name not in ('KERNEL', 'DBMS_ISCHED')) loop
    execute immediate 'create public synonym ' || unit.object_name || ' for sys.' || unit.object_name;
    if unit.object_name in ('DBMS_CLOUD', 'DBMS_CLOUD_ADMIN', 'DBMS_CLOUD_NOTIFICATION', 'DBMS_CRYPTO', 'DBMS_NETWORK_ACL_ADMIN', 'DBMS_SQL') then
      execute immediate 'grant execute on sys.' || unit.object_name || ' to admin with grant option';
    else
      execute immediate 'grant execute on sys.' || unit.object_name || ' to public';
    end if;
  end loop;
  for hidden in (select view_name from dba_views v where owner = 'SYS' and not exists (select 1 from dba_synonyms s where s.owner = 'PUBLIC' and s.synonym_name = v.view_name)) loop
    execute immediate 'create public synonym ' || hidden.view_name || ' for sys.' || hidden.view_name;
    if hidden.view_name like 'DBA%' then
      execute immediate 'grant select on sys.' || hidden.view_name || ' to admin with grant option';
    else
      execute immediate 'grant read on sys.' || hidden.view_name || ' to public';
    end if;
  end loop;
end;
/
grant execute on sys.dbms_cloud to dwrole;
