-- purpose: Says what decides whether another database can read a dump of this one.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on V$TIMEZONE_FILE, NLS_DATABASE_PARAMETERS, PRODUCT_COMPONENT_VERSION
select (select max(p.version_full) from product_component_version p where p.product like 'Oracle Database%') as database_version,
       (select max(t.version) from v$timezone_file t) as time_zone_file,
       (select max(n.value) from nls_database_parameters n where n.parameter = 'NLS_CHARACTERSET') as character_set
  from dual
