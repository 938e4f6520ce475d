-- purpose: Exports applications of APEX into the bucket, one object each (f100.sql, or f100.zip in the split form), and says what it wrote.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 3600
-- privileges: APEX_ADMINISTRATOR_ROLE; EXECUTE on DBMS_CLOUD and DBMS_CRYPTO
-- param applications: bind clob in - JSON array of objects with application_id and workspace
-- param folder: bind varchar2 in - the address the objects' names begin with, with its last slash
-- param split: bind number in - 1 for the split form
-- param role_assignments: bind number in - 1 to export who has which role
-- param credential_name: bind varchar2 in - the credential for the bucket
-- param written: bind clob out - JSON array of objects with application_id, file, bytes and sha256
declare
  files apex_t_export_files;
  content blob;
  file_name varchar2(100);
  list clob;
  -- AL32UTF8, whatever the database's own character set is.
  utf8 constant number := 873;
  procedure make_content(text in clob) is
    to_offset integer := 1;
    from_offset integer := 1;
    context integer := dbms_lob.default_lang_ctx;
    warning integer;
  begin
    dbms_lob.createtemporary(content, true);
    dbms_lob.converttoblob(content, text, dbms_lob.lobmaxsize, to_offset, from_offset, utf8, context, warning);
  end;
begin
  dbms_output.enable(null);
  for a in (
    select j.application_id, j.workspace
      from json_table(:applications, '$[*]' columns (application_id number path '$.application_id', workspace varchar2(255) path '$.workspace')) j
  ) loop
    apex_util.set_workspace(p_workspace => a.workspace);
    files := apex_export.get_application(p_application_id => a.application_id, p_split => (:split = 1),
      p_with_ir_public_reports => true, p_with_ir_private_reports => true, p_with_ir_notifications => true, p_with_translations => true,
      p_with_comments => true, p_with_supporting_objects => 'Y', p_with_acl_assignments => (:role_assignments = 1));
    if :split = 1 then
      file_name := 'f' || a.application_id || '.zip';
      content := apex_export.zip(p_source_files => files);
    else
      file_name := 'f' || a.application_id || '.sql';
      make_content(files(1).contents);
    end if;
    dbms_cloud.put_object(credential_name => :credential_name, object_uri => :folder || file_name, contents => content);
    dbms_output.put_line('application ' || a.application_id || ': ' || file_name || ', ' || dbms_lob.getlength(content) || ' bytes');
    list := list || case when list is not null then ',' end || '{"application_id":' || a.application_id || ',"file":"' || file_name
      || '","bytes":' || dbms_lob.getlength(content) || ',"sha256":"'
      || lower(rawtohex(dbms_crypto.hash(content, dbms_crypto.hash_sh256))) || '"}';
  end loop;
  :written := '[' || list || ']';
end;
