-- purpose: Makes the exported APEX workspaces that are not there, with their users, who cannot sign in unless they keep their
--   passwords. A workspace that cannot be made so is named.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 1800
-- privileges: APEX_ADMINISTRATOR_ROLE; EXECUTE on DBMS_CLOUD and DBMS_CRYPTO
-- param workspaces: bind clob in - JSON array of objects with workspace, uri and sha256
-- param credential_name: bind varchar2 in - the credential for the bucket
-- param keep_passwords: bind number in - 1: users can sign in with the passwords that they had
-- param made: bind number out - how many were made
declare
  packed blob;
  known number;
  made_now number := 0;
begin
  dbms_output.enable(null);
  for w in (
    select g.workspace, g.uri, g.sha256
      from json_table(:workspaces, '$[*]' columns (
             workspace varchar2(255) path '$.workspace', uri varchar2(4000) path '$.uri', sha256 varchar2(64) path '$.sha256')) g
  ) loop
    select count(*) into known from apex_workspaces a where a.workspace = w.workspace;
    if known = 0 then
      begin
        packed := dbms_cloud.get_object(credential_name => :credential_name, object_uri => w.uri);
        if lower(rawtohex(dbms_crypto.hash(packed, dbms_crypto.hash_sh256))) <> w.sha256 then
          raise_application_error(-20915, 'the object is not the one that was exported');
        end if;
        apex_application_install.clear_all;
        apex_application_install.install(p_source => apex_export.unzip(p_source_zip => packed));
        if :keep_passwords = 0 then
          apex_util.set_workspace(p_workspace => w.workspace);
          for u in (select p.user_name from apex_workspace_apex_users p where p.workspace_name = w.workspace) loop
            apex_util.lock_account(p_user_name => u.user_name);
          end loop;
        end if;
        commit;
        made_now := made_now + 1;
      exception
        when others then
          rollback;
          dbms_output.put_line('left out: workspace ' || w.workspace || ': ' || sqlerrm);
      end;
    end if;
  end loop;
  :made := made_now;
end;
