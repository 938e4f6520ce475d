-- purpose: Exports APEX workspaces with their users, and their static files, as zip files straight into the bucket.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 1800
-- privileges: APEX_ADMINISTRATOR_ROLE; EXECUTE on DBMS_CLOUD and DBMS_CRYPTO
-- param workspaces: bind clob in - JSON array of objects with workspace, workspace_id, uri and files_uri
-- param credential_name: bind varchar2 in - the credential for the bucket
-- param written: bind clob out - JSON array of objects with workspace_id, sha256 and files_sha256
declare
  packed blob;
  sum varchar2(64);
  said clob;
begin
  for w in (
    select g.workspace, g.workspace_id, g.uri, g.files_uri
      from json_table(:workspaces, '$[*]' columns (
             workspace varchar2(255) path '$.workspace', workspace_id number path '$.workspace_id',
             uri varchar2(4000) path '$.uri', files_uri varchar2(4000) path '$.files_uri')) g
  ) loop
    apex_util.set_workspace(p_workspace => w.workspace);
    packed := apex_export.zip(p_source_files => apex_export.get_workspace(p_workspace_id => w.workspace_id));
    dbms_cloud.put_object(credential_name => :credential_name, object_uri => w.uri, contents => packed);
    sum := lower(rawtohex(dbms_crypto.hash(packed, dbms_crypto.hash_sh256)));
    packed := apex_export.zip(p_source_files => apex_export.get_workspace_files(p_workspace_id => w.workspace_id));
    dbms_cloud.put_object(credential_name => :credential_name, object_uri => w.files_uri, contents => packed);
    said := said || case when said is not null then ',' end || '{"workspace_id":' || w.workspace_id || ',"sha256":"' || sum
      || '","files_sha256":"' || lower(rawtohex(dbms_crypto.hash(packed, dbms_crypto.hash_sh256))) || '"}';
  end loop;
  :written := '[' || said || ']';
end;
