-- purpose: Lists the files in DATA_PUMP_DIR, which count against the database's storage.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: EXECUTE on DBMS_CLOUD; READ on directory DATA_PUMP_DIR
select f.object_name as name, f.bytes, f.last_modified
  from dbms_cloud.list_files('DATA_PUMP_DIR') f
 order by f.object_name
