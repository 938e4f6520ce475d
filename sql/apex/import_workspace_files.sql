-- purpose: Puts the static files of a workspace from the bucket into a workspace. A file of the same name is replaced.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 1800
-- privileges: APEX_ADMINISTRATOR_ROLE; EXECUTE on DBMS_CLOUD and DBMS_CRYPTO
-- param files: bind clob in - JSON array of objects with workspace_id, file, bytes and sha256
-- param workspaces: bind clob in - JSON array of objects with workspace_id and workspace: those they come from
-- param folder: bind varchar2 in - the address the files' names follow, with its last slash
-- param workspace: bind varchar2 in - the workspace they go to; null for the one of the same name
-- param credential_name: bind varchar2 in - the credential for the bucket
declare
  content blob;
  made clob;
  to_offset integer;
  from_offset integer;
  context integer;
  warning integer;
  -- AL32UTF8, whatever the database's own character set is.
  utf8 constant number := 873;
begin
  for f in (
    select upper(nvl(:workspace, w.workspace)) as workspace, :folder || j.file_name as uri, j.bytes, j.sha256
      from json_table(:files, '$[*]' columns (
             workspace_id number path '$.workspace_id', file_name varchar2(400) path '$.file', bytes number path '$.bytes', sha256 varchar2(64) path '$.sha256')) j
      join json_table(:workspaces, '$[*]' columns (
             workspace_id number path '$.workspace_id', workspace varchar2(255) path '$.workspace')) w on w.workspace_id = j.workspace_id
  ) loop
    content := dbms_cloud.get_object(credential_name => :credential_name, object_uri => f.uri);
    if dbms_lob.getlength(content) <> f.bytes then
      raise_application_error(-20962, 'adbctl: the static files of ' || f.workspace || ' have ' || dbms_lob.getlength(content)
        || ' bytes, and were written with ' || f.bytes || ': they were cut or changed; nothing was installed of them');
    elsif lower(rawtohex(dbms_crypto.hash(content, dbms_crypto.hash_sh256))) <> f.sha256 then
      raise_application_error(-20962, 'adbctl: the static files of ' || f.workspace || ' are not those that were written; nothing was installed of them');
    end if;
    made := null;
    to_offset := 1;
    from_offset := 1;
    context := dbms_lob.default_lang_ctx;
    dbms_lob.createtemporary(made, true);
    dbms_lob.converttoclob(made, content, dbms_lob.lobmaxsize, to_offset, from_offset, utf8, context, warning);
    apex_util.set_workspace(p_workspace => f.workspace);
    apex_application_install.clear_all;
    apex_application_install.set_workspace(p_workspace => f.workspace);
    apex_application_install.install(p_source => apex_t_export_files(apex_t_export_file('workspace-files.sql', made)));
    apex_application_install.clear_all;
    commit;
  end loop;
end;
