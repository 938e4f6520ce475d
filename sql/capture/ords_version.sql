-- purpose: Tells the version of ORDS.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: EXECUTE on ORDS
select ords.installed_version as version_no
  from dual
