-- purpose: Gives a piece of the exported text of an application as it is before something in it is changed: the text may be long, and a
--   session ends with its call, so each piece is of an export of its own, with the digest of the whole.
-- side: target
-- effect: read
-- repeat: safe
-- returns: nothing
-- limit: 1800
-- privileges: APEX_ADMINISTRATOR_ROLE; EXECUTE on DBMS_CRYPTO
-- param applications: bind clob in - JSON array of objects with workspace and id
-- param text_number: bind number in - which of them, from 1
-- param skipped: bind number in - how many characters were read before
-- param at_most: bind number in - how many characters a piece has
-- param name: bind varchar2 out - what to call the text; null where there is no such application
-- param piece: bind clob out - the piece
-- param total: bind number out - how many characters the text has
-- param digest: bind varchar2 out - SHA-256 of the text in AL32UTF8, in hex
-- param more: bind number out - how many applications come after this one
declare
  files apex_t_export_files;
  part clob;
  found number;
begin
  :name := null;
  :piece := null;
  :total := 0;
  :digest := null;
  :more := 0;
  for a in (
    select j.place, j.workspace, j.id
      from json_table(:applications, '$[*]' columns (
             place for ordinality, workspace varchar2(255) path '$.workspace', id number path '$.id')) j
     order by j.place
  ) loop
    if a.place > :text_number then
      :more := :more + 1;
    elsif a.place = :text_number then
      apex_util.set_workspace(p_workspace => a.workspace);
      select count(*) into found from apex_applications x where x.application_id = a.id and x.workspace = upper(a.workspace);
      if found = 1 then
        files := apex_export.get_application(p_application_id => a.id, p_with_ir_public_reports => true, p_with_ir_private_reports => true,
          p_with_ir_notifications => true, p_with_translations => true, p_with_comments => true, p_with_supporting_objects => 'Y',
          p_with_acl_assignments => true);
        :name := 'f' || a.id || '.sql';
        :total := dbms_lob.getlength(files(1).contents);
        :digest := lower(rawtohex(dbms_crypto.hash(files(1).contents, dbms_crypto.hash_sh256)));
        if :total > :skipped then
          dbms_lob.createtemporary(part, true);
          dbms_lob.copy(part, files(1).contents, least(:at_most, :total - :skipped), 1, :skipped + 1);
          :piece := part;
        end if;
      end if;
    end if;
  end loop;
end;
