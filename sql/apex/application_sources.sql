-- purpose: Gives the exported texts of applications as they are before something in them is changed. Texts of more than 4 MiB are left out.
-- side: target
-- effect: read
-- repeat: safe
-- returns: nothing
-- limit: 1800
-- privileges: APEX_ADMINISTRATOR_ROLE
-- param applications: bind clob in - JSON array of objects with workspace and id
-- param sources: bind clob out - JSON array of objects with name and text
declare
  files apex_t_export_files;
  source clob;
  list clob;
  how_many number;
  at_most constant number := 4194304;
  procedure add_quoted(text in clob) is
    piece varchar2(32767);
    place number := 1;
    step constant number := 2000;
  begin
    while place <= dbms_lob.getlength(text) loop
      piece := replace(replace(dbms_lob.substr(text, step, place), '\', '\\'), '"', '\"');
      piece := replace(replace(replace(piece, chr(13), '\r'), chr(9), '\t'), chr(10), '\n');
      dbms_lob.writeappend(list, length(piece), piece);
      place := place + step;
    end loop;
  end;
  procedure add_plain(text in varchar2) is
  begin
    dbms_lob.writeappend(list, length(text), text);
  end;
begin
  dbms_lob.createtemporary(list, true);
  add_plain('[');
  for a in (
    select j.workspace, j.id
      from json_table(:applications, '$[*]' columns (workspace varchar2(255) path '$.workspace', id number path '$.id')) j
  ) loop
    apex_util.set_workspace(p_workspace => a.workspace);
    select count(*) into how_many from apex_applications x where x.application_id = a.id and x.workspace = upper(a.workspace);
    if how_many = 1 then
      files := apex_export.get_application(p_application_id => a.id, p_with_ir_public_reports => true, p_with_ir_private_reports => true,
        p_with_ir_notifications => true, p_with_translations => true, p_with_comments => true, p_with_supporting_objects => 'Y',
        p_with_acl_assignments => true);
      source := files(1).contents;
      if dbms_lob.getlength(source) <= at_most then
        add_plain(case when dbms_lob.getlength(list) > 1 then ',' end || '{"name":"f' || a.id || '.sql","text":"');
        add_quoted(source);
        add_plain('"}');
      end if;
    end if;
  end loop;
  add_plain(']');
  :sources := list;
end;
