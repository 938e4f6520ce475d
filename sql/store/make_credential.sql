-- purpose: Makes the credential for the bucket, or gives the one that is there another user or token.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: EXECUTE on DBMS_CLOUD
-- param credential_name: bind varchar2 in - the credential, in upper case
-- param cloud_user: bind varchar2 in - the cloud user
-- param auth_token: bind varchar2 in - the user's auth token
-- param change: bind number in - 1: give one that is there this token, even if its user is the same
-- param outcome: bind varchar2 out - made, changed or kept
declare
  known number;
  present_user varchar2(4000);
begin
  select count(*), max(c.username) into known, present_user from user_credentials c where c.credential_name = :credential_name;
  if known = 0 then
    dbms_cloud.create_credential(credential_name => :credential_name, username => :cloud_user, password => :auth_token);
    :outcome := 'made';
  elsif :change = 1 or present_user is null or present_user <> :cloud_user then
    dbms_cloud.update_credential(credential_name => :credential_name, attribute => 'USERNAME', value => :cloud_user);
    dbms_cloud.update_credential(credential_name => :credential_name, attribute => 'PASSWORD', value => :auth_token);
    :outcome := 'changed';
  else
    :outcome := 'kept';
  end if;
end;
