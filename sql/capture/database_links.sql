-- purpose: Lists database links.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 120
-- privileges: SELECT on DBA_DB_LINKS
select l.owner, l.db_link, l.username, l.host
  from dba_db_links l
 order by l.owner, l.db_link
