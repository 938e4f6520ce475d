-- purpose: Gives a digest of each APEX application over schemas, and of the users of their workspaces.
-- side: any
-- effect: read
-- repeat: safe
-- returns: nothing
-- limit: 900
-- privileges: APEX_ADMINISTRATOR_ROLE; EXECUTE on DBMS_CRYPTO
-- param schemas: bind clob in - JSON array of schemas' names as the database keeps them
-- param digests: bind clob out - JSON array of objects with what, owner, name and digest
declare
  list clob;
  content clob;
  head clob;
  files apex_t_export_files;
  entry varchar2(4000);
  at_character number;

  procedure keep(p_what in varchar2, p_owner in varchar2, p_name in varchar2) is
    digest varchar2(64);
  begin
    if content is not null then
      digest := lower(rawtohex(dbms_crypto.hash(content, dbms_crypto.hash_sh256)));
    end if;
    select json_object('what' value p_what, 'owner' value p_owner, 'name' value p_name, 'digest' value digest) into entry from dual;
    list := list || case when list is not null then ',' end || entry;
    content := null;
  end;

  procedure add(p_text in varchar2) is
  begin
    if content is null then
      dbms_lob.createtemporary(content, true);
    end if;
    dbms_lob.writeappend(content, length(p_text) + 1, p_text || chr(10));
  end;
begin
  for a in (
    select p.application_id, p.application_name, p.workspace
      from apex_applications p
     where p.owner in (select s.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) s)
     order by p.application_id
  ) loop
    apex_util.set_workspace(p_workspace => a.workspace);
    files := apex_export.get_application(p_application_id => a.application_id);
    -- Who changed it last, and when, changes with the status that is set meanwhile. It stands near the beginning.
    dbms_lob.createtemporary(head, true);
    at_character := 1;
    while at_character <= dbms_lob.getlength(files(1).contents) loop
      if at_character <= 24001 then
        dbms_lob.append(head, dbms_lob.substr(files(1).contents, 8000, at_character));
      else
        add(lower(rawtohex(dbms_crypto.hash(utl_raw.cast_to_raw(dbms_lob.substr(files(1).contents, 8000, at_character)), dbms_crypto.hash_sh256))));
      end if;
      at_character := at_character + 8000;
    end loop;
    head := regexp_replace(head, 'p_(last_updated_by|last_upd_yyyymmddhh24miss|version_scn)=>[^,)]*');
    add(lower(rawtohex(dbms_crypto.hash(head, dbms_crypto.hash_sh256))));
    keep('application', a.workspace, a.application_id || ' ' || a.application_name);
  end loop;
  for w in (
    select distinct s.workspace_name
      from apex_workspace_schemas s
     where s.schema in (select t.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) t)
     order by s.workspace_name
  ) loop
    for u in (
      select p.user_name, p.email, p.is_admin, p.is_application_developer, p.account_locked
        from apex_workspace_apex_users p
       where p.workspace_name = w.workspace_name
       order by p.user_name
    ) loop
      add(u.user_name || ' ' || u.email || ' ' || u.is_admin || u.is_application_developer || u.account_locked);
    end loop;
    keep('users of the workspace', w.workspace_name, w.workspace_name);
  end loop;
  :digests := '[' || list || ']';
end;
