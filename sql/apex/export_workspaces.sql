-- purpose: Exports workspaces of APEX with their users, and their static files, into the bucket, and says what it wrote.
--   The users' passwords are in it as digests.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 1800
-- privileges: APEX_ADMINISTRATOR_ROLE; EXECUTE on DBMS_CLOUD and DBMS_CRYPTO
-- param workspaces: bind clob in - JSON array of objects with workspace and workspace_id
-- param folder: bind varchar2 in - the address the objects' names begin with, with its last slash
-- param credential_name: bind varchar2 in - the credential for the bucket
-- param written: bind clob out - JSON array of objects with workspace_id, kind (workspace or files), file, bytes and sha256
declare
  list clob;
  -- AL32UTF8, whatever the database's own character set is.
  utf8 constant number := 873;
  procedure put_text(workspace_id in number, kind in varchar2, file_name in varchar2, text in clob) is
    content blob;
    to_offset integer := 1;
    from_offset integer := 1;
    context integer := dbms_lob.default_lang_ctx;
    warning integer;
  begin
    dbms_lob.createtemporary(content, true);
    dbms_lob.converttoblob(content, text, dbms_lob.lobmaxsize, to_offset, from_offset, utf8, context, warning);
    dbms_cloud.put_object(credential_name => :credential_name, object_uri => :folder || file_name, contents => content);
    list := list || case when list is not null then ',' end || '{"workspace_id":' || workspace_id || ',"kind":"' || kind
      || '","file":"' || file_name || '","bytes":' || dbms_lob.getlength(content) || ',"sha256":"'
      || lower(rawtohex(dbms_crypto.hash(content, dbms_crypto.hash_sh256))) || '"}';
  end;
begin
  for w in (
    select j.workspace, j.workspace_id
      from json_table(:workspaces, '$[*]' columns (workspace varchar2(255) path '$.workspace', workspace_id number path '$.workspace_id')) j
  ) loop
    apex_util.set_workspace(p_workspace => w.workspace);
    declare
      workspace_files apex_t_export_files := apex_export.get_workspace(p_workspace_id => w.workspace_id);
      static_files apex_t_export_files := apex_export.get_workspace_files(p_workspace_id => w.workspace_id);
    begin
      put_text(w.workspace_id, 'workspace', 'workspace-' || w.workspace_id || '.sql', workspace_files(1).contents);
      put_text(w.workspace_id, 'files', 'workspace-files-' || w.workspace_id || '.sql', static_files(1).contents);
    end;
  end loop;
  :written := '[' || list || ']';
end;
