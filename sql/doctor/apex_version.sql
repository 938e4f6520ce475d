-- purpose: Says which version of APEX the database has.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 30
-- privileges: SELECT on APEX_RELEASE
select r.version_no, r.patch_applied
  from apex_release r
