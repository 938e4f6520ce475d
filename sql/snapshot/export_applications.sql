-- purpose: Exports APEX applications, each with the people in its roles, as zip files straight into the bucket.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 1800
-- privileges: APEX_ADMINISTRATOR_ROLE; EXECUTE on DBMS_CLOUD and DBMS_CRYPTO
-- param applications: bind clob in - JSON array of objects with application_id, workspace and uri
-- param credential_name: bind varchar2 in - the credential for the bucket
-- param written: bind clob out - JSON array of objects with application_id, bytes and sha256
declare
  packed blob;
  said clob;
begin
  for w in (
    select g.application_id, g.workspace, g.uri
      from json_table(:applications, '$[*]' columns (
             application_id number path '$.application_id', workspace varchar2(255) path '$.workspace',
             uri varchar2(4000) path '$.uri')) g
  ) loop
    apex_util.set_workspace(p_workspace => w.workspace);
    packed := apex_export.zip(p_source_files => apex_export.get_application(
      p_application_id => w.application_id, p_with_acl_assignments => true));
    dbms_cloud.put_object(credential_name => :credential_name, object_uri => w.uri, contents => packed);
    said := said || case when said is not null then ',' end || '{"application_id":' || w.application_id || ',"bytes":'
      || dbms_lob.getlength(packed) || ',"sha256":"'
      || lower(rawtohex(dbms_crypto.hash(packed, dbms_crypto.hash_sh256))) || '"}';
  end loop;
  :written := '[' || said || ']';
end;
