-- purpose: Proves a user and its token before a credential gets them: with a credential that exists only meanwhile a small
--   object is written, listed and removed.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: EXECUTE on DBMS_CLOUD
-- param uri: bind varchar2 in - the bucket's address
-- param cloud_user: bind varchar2 in - the cloud user
-- param auth_token: bind varchar2 in - the user's auth token
-- param proved: bind varchar2 out - YES
declare
  trial_name varchar2(128) := 'ADBCTL_TRIAL';
  known number;
  object_path varchar2(4000) := :uri || 'temp/adbctl-trial-' || to_char(sys_extract_utc(systimestamp), 'YYYYMMDDHH24MISSFF3');

  procedure drop_trial is
  begin
    dbms_cloud.drop_credential(credential_name => trial_name);
  exception
    when others then
      null;
  end;
begin
  select count(*) into known from user_credentials c where c.credential_name = trial_name;
  if known > 0 then
    dbms_cloud.drop_credential(credential_name => trial_name);
  end if;
  dbms_cloud.create_credential(credential_name => trial_name, username => :cloud_user, password => :auth_token);
  begin
    dbms_cloud.put_object(credential_name => trial_name, object_uri => object_path, contents => utl_raw.cast_to_raw('adbctl'));
    select count(*) into known from dbms_cloud.list_objects(trial_name, :uri || 'temp/adbctl-trial-');
    dbms_cloud.delete_object(credential_name => trial_name, object_uri => object_path);
  exception
    when others then
      drop_trial;
      raise;
  end;
  drop_trial;
  :proved := 'YES';
end;
