-- purpose: Installs exported APEX applications under their own numbers, in their workspaces and schemas, and static files of
--   workspaces. What is there is replaced; what cannot be installed is named.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 1800
-- privileges: APEX_ADMINISTRATOR_ROLE; EXECUTE on DBMS_CLOUD and DBMS_CRYPTO
-- param applications: bind clob in - JSON array of objects with application_id, workspace, owner, uri and sha256
-- param workspaces: bind clob in - JSON array of objects with workspace, files_uri and files_sha256
-- param credential_name: bind varchar2 in - the credential for the bucket
-- param installed: bind number out - how many applications were installed
declare
  installed_now number := 0;
  function fetched(p_uri in varchar2, p_sha256 in varchar2) return apex_t_export_files is
    packed blob;
  begin
    packed := dbms_cloud.get_object(credential_name => :credential_name, object_uri => p_uri);
    if lower(rawtohex(dbms_crypto.hash(packed, dbms_crypto.hash_sh256))) <> p_sha256 then
      raise_application_error(-20915, 'the object is not the one that was exported');
    end if;
    return apex_export.unzip(p_source_zip => packed);
  end;
begin
  dbms_output.enable(null);
  for w in (
    select g.application_id, g.workspace, g.owner, g.uri, g.sha256
      from json_table(:applications, '$[*]' columns (
             application_id number path '$.application_id', workspace varchar2(255) path '$.workspace',
             owner varchar2(128) path '$.owner', uri varchar2(4000) path '$.uri', sha256 varchar2(64) path '$.sha256')) g
  ) loop
    begin
      apex_application_install.clear_all;
      apex_application_install.set_workspace(p_workspace => w.workspace);
      apex_application_install.set_application_id(p_application_id => w.application_id);
      apex_application_install.set_schema(p_schema => w.owner);
      -- What applications need in their schemas came with the dump.
      apex_application_install.set_auto_install_sup_obj(false);
      apex_application_install.install(p_source => fetched(w.uri, w.sha256), p_overwrite_existing => true);
      commit;
      installed_now := installed_now + 1;
    exception
      when others then
        rollback;
        dbms_output.put_line('left out: application ' || w.application_id || ' of ' || w.workspace || ': ' || sqlerrm);
    end;
  end loop;
  for w in (
    select g.workspace, g.files_uri, g.files_sha256
      from json_table(:workspaces, '$[*]' columns (
             workspace varchar2(255) path '$.workspace', files_uri varchar2(4000) path '$.files_uri',
             files_sha256 varchar2(64) path '$.files_sha256')) g
  ) loop
    begin
      apex_application_install.clear_all;
      apex_application_install.set_workspace(p_workspace => w.workspace);
      apex_application_install.install(p_source => fetched(w.files_uri, w.files_sha256));
      commit;
    exception
      when others then
        rollback;
        dbms_output.put_line('left out: static files of workspace ' || w.workspace || ': ' || sqlerrm);
    end;
  end loop;
  :installed := installed_now;
end;
