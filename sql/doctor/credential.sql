-- purpose: Shows a credential of the user who asks.
-- side: any
-- effect: read
-- repeat: safe
-- returns: rows
-- limit: 30
-- privileges: none
-- param credential: bind varchar2 in - the credential's name
select c.credential_name, c.username, c.enabled
  from user_credentials c
 where c.credential_name = upper(:credential)
