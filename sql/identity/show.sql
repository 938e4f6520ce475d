-- purpose: Says which database this is, in its own words.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 30
-- privileges: SELECT on V$PDBS
select name,
       open_mode,
       json_value(cloud_identity, '$.DATABASE_OCID') as database_ocid,
       json_value(cloud_identity, '$.DATABASE_NAME') as database_name,
       json_value(cloud_identity, '$.REGION') as region
  from v$pdbs
