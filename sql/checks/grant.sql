-- purpose: Shows whether somebody has a privilege on an object.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 60
-- privileges: SELECT on DBA_TAB_PRIVS
-- param grantee: bind varchar2 in - who
-- param privilege: bind varchar2 in - which privilege
-- param object_name: bind varchar2 in - on what
-- param owner: bind varchar2 in - whose; nothing: whosever, as a public name may mean it
select distinct p.grantee, p.privilege, p.table_name
  from dba_tab_privs p
 where p.grantee = upper(:grantee)
   and p.privilege = upper(:privilege)
   and p.table_name = upper(:object_name)
   and (:owner is null or p.owner = upper(:owner))
