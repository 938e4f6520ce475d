-- purpose: Shows the version of APEX, and the version its exports have.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: READ on APEX_RELEASE
select r.version_no, r.api_compatibility from apex_release r
