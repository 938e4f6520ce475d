-- purpose: Makes the exported workspaces of APEX that are not there, with their users, who cannot sign in unless they keep their
--   passwords. A workspace that cannot be made so is named.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 1800
-- privileges: APEX_ADMINISTRATOR_ROLE; EXECUTE on DBMS_CLOUD and DBMS_CRYPTO
-- param workspaces: bind clob in - JSON array of objects with workspace, uri and sha256
-- param keep_passwords: bind number in - 1: users can sign in with the passwords that they had
-- param credential_name: bind varchar2 in - the credential for the bucket
-- param made: bind number out - how many were made
declare
  content blob;
  text clob;
  to_offset integer;
  from_offset integer;
  context integer;
  warning integer;
  known number;
  made_now number := 0;
  -- AL32UTF8, whatever the database's own character set is.
  utf8 constant number := 873;
begin
  dbms_output.enable(null);
  for w in (
    select j.workspace, j.uri, j.sha256
      from json_table(:workspaces, '$[*]' columns (
             workspace varchar2(255) path '$.workspace', uri varchar2(4000) path '$.uri', sha256 varchar2(64) path '$.sha256')) j
  ) loop
    select count(*) into known from apex_workspaces a where a.workspace = w.workspace;
    if known = 0 then
      begin
        content := dbms_cloud.get_object(credential_name => :credential_name, object_uri => w.uri);
        if lower(rawtohex(dbms_crypto.hash(content, dbms_crypto.hash_sh256))) <> w.sha256 then
          raise_application_error(-20962, 'adbctl: the export of the workspace is not the one that was written');
        end if;
        text := null;
        to_offset := 1;
        from_offset := 1;
        context := dbms_lob.default_lang_ctx;
        dbms_lob.createtemporary(text, true);
        dbms_lob.converttoclob(text, content, dbms_lob.lobmaxsize, to_offset, from_offset, utf8, context, warning);
        apex_application_install.clear_all;
        apex_application_install.install(p_source => apex_t_export_files(apex_t_export_file('workspace.sql', text)));
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
