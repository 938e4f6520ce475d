-- purpose: Tells what a capture was made of: versions and the moment.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: EXECUTE on ORDS, SELECT on APEX_RELEASE and PRODUCT_COMPONENT_VERSION
select to_char(sys_extract_utc(systimestamp), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as captured_at,
       (select max(v.version) from product_component_version v) as database_version,
       (select max(r.version_no) from apex_release r) as apex_version,
       ords.installed_version as ords_version
  from dual
