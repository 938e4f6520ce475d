-- purpose: Shows the version of APEX and the version of the exports it makes.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: READ on APEX_RELEASE
select r.version_no, r.api_compatibility, r.patch_applied from apex_release r
