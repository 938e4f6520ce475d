-- purpose: Lists which users may reach which hosts.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_HOST_ACES
select a.host, a.lower_port, a.upper_port, a.principal, a.privilege, a.grant_type
  from dba_host_aces a
 order by a.host, a.lower_port, a.principal, a.privilege
