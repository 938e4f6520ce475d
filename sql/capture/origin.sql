-- purpose: Tells of what and when a capture is made.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on PRODUCT_COMPONENT_VERSION
select to_char(sys_extract_utc(systimestamp), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as captured_at,
       (select max(v.version_full) from product_component_version v) as database_version
  from dual
