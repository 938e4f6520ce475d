-- purpose: Decides where each application of an export goes, and names all that stands against it. Nothing is changed.
-- side: any
-- effect: read
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: APEX_ADMINISTRATOR_ROLE; SELECT on DBA_USERS
-- param applications: bind clob in - JSON array, as apex/applications gives it and the manifest keeps it
-- param files: bind clob in - JSON array of objects with application_id, file, bytes and sha256
-- param folder: bind varchar2 in - the address the files' names follow, with its last slash
-- param made_by: bind varchar2 in - the version of the export, such as 2024.11.30; null where it is not known
-- param workspace: bind varchar2 in - the workspace for all of them; null for the one each came from
-- param schema_name: bind varchar2 in - the parsing schema for all of them; null for the one each came from
-- param ids: bind varchar2 in - keep, new, or a number for one application
-- param alias: bind varchar2 in - the alias for one application; null to keep it, changed where it is taken
-- param overwrite: bind number in - 1 if an application that is there may be replaced
-- param to_be_made: bind number in - 1 if workspace, schema and assignment are made before anything is installed
-- param planned: bind clob out - JSON array, as apex/import_applications takes it
-- param replaced: bind clob out - JSON array of objects with application_id and workspace: what is there and goes
-- param problems: bind clob out - JSON array of texts
declare
  items clob;
  old_ones clob;
  texts clob;
  how_many number := 0;
  found number;
  other_workspace varchar2(255);
  here varchar2(20);
  new_id number;
  last_id number := 0;
  where_to varchar2(255);
  owner_name varchar2(128);
  alias_name varchar2(255);
  there number;
  function quoted(text in varchar2) return varchar2 is
  begin
    return case when text is null then 'null' else '"' || replace(replace(text, '\', '\\'), '"', '\"') || '"' end;
  end;
  procedure wrong(text in varchar2) is
  begin
    texts := texts || case when texts is not null then ',' end || quoted(text);
  end;
  function is_taken(id in number) return boolean is
    taken number;
  begin
    select count(*) into taken from apex_applications a where a.application_id = id;
    return taken > 0 or id <= last_id or id between 3000 and 8999;
  end;
begin
  select r.api_compatibility into here from apex_release r;
  if :made_by > here then
    wrong('the export was made by a newer APEX (' || :made_by || ') than this database has (' || here || ')');
  end if;
  select count(*) into how_many from json_table(:applications, '$[*]' columns (id number path '$.application_id')) j;
  if how_many > 1 and (:alias is not null or :ids not in ('keep', 'new')) then
    wrong('one number and one alias are for one application, and the export has ' || how_many);
  end if;
  for a in (
    select j.application_id, j.application_name, j.workspace, j.owner, j.alias, j.version, j.pages, f.file_name, f.bytes, f.sha256
      from json_table(:applications, '$[*]' columns (
             application_id number path '$.application_id', application_name varchar2(255) path '$.application_name',
             workspace varchar2(255) path '$.workspace', owner varchar2(128) path '$.owner', alias varchar2(255) path '$.alias',
             version varchar2(255) path '$.version', pages number path '$.pages')) j
      left join json_table(:files, '$[*]' columns (
             application_id number path '$.application_id', file_name varchar2(400) path '$.file', bytes number path '$.bytes',
             sha256 varchar2(64) path '$.sha256')) f on f.application_id = j.application_id
     order by j.application_id
  ) loop
    where_to := upper(nvl(:workspace, a.workspace));
    owner_name := nvl(:schema_name, a.owner);
    alias_name := nvl(:alias, a.alias);
    new_id := a.application_id;
    if :ids = 'new' then
      apex_application_install.clear_all;
      apex_application_install.generate_application_id;
      new_id := apex_application_install.get_application_id;
      apex_application_install.clear_all;
      while is_taken(new_id) loop
        new_id := new_id + 1;
      end loop;
      last_id := new_id;
    elsif :ids <> 'keep' then
      new_id := to_number(:ids);
    end if;
    if a.file_name is null then
      wrong('application ' || a.application_id || ': the manifest names no file of it');
    end if;
    if new_id between 3000 and 8999 then
      wrong('application ' || a.application_id || ': ' || new_id || ' is among the numbers that APEX keeps for itself (3000 to 8999)');
    end if;
    select count(*) into found from apex_workspaces w where w.workspace = where_to;
    if :to_be_made = 1 then
      null;
    elsif found = 0 then
      wrong('application ' || a.application_id || ': there is no workspace ' || where_to);
    else
      select count(*) into found from dba_users u where u.username = owner_name;
      if found = 0 then
        wrong('application ' || a.application_id || ': there is no schema ' || owner_name);
      else
        select count(*) into found from apex_workspace_schemas s where s.workspace_name = where_to and s.schema = owner_name;
        if found = 0 then
          wrong('application ' || a.application_id || ': the workspace ' || where_to || ' may not use the schema ' || owner_name);
        end if;
      end if;
    end if;
    select count(*), max(x.workspace) into there, other_workspace from apex_applications x where x.application_id = new_id;
    if there > 0 and other_workspace <> where_to then
      wrong('application ' || a.application_id || ': the number ' || new_id || ' is taken by an application of the workspace ' || other_workspace);
    elsif there > 0 and :overwrite = 0 then
      wrong('application ' || a.application_id || ': the number ' || new_id || ' is taken in the workspace ' || where_to);
    elsif there > 0 then
      old_ones := old_ones || case when old_ones is not null then ',' end || '{"application_id":' || new_id || ',"workspace":' || quoted(where_to) || '}';
    end if;
    select count(*) into found
      from apex_applications x
     where x.workspace = where_to and upper(x.alias) = upper(alias_name) and x.application_id <> new_id;
    if found > 0 and :alias is not null then
      wrong('application ' || a.application_id || ': the alias ' || alias_name || ' is taken in the workspace ' || where_to);
    elsif found > 0 then
      alias_name := alias_name || '-' || new_id;
    end if;
    items := items || case when items is not null then ',' end || '{"application_id":' || a.application_id || ',"new_id":' || new_id
      || ',"application_name":' || quoted(a.application_name) || ',"version":' || quoted(a.version) || ',"pages":' || nvl(to_char(a.pages), 'null')
      || ',"uri":' || quoted(:folder || a.file_name) || ',"bytes":' || nvl(to_char(a.bytes), 'null') || ',"sha256":' || quoted(a.sha256)
      || ',"workspace":' || quoted(where_to) || ',"schema_name":' || quoted(owner_name) || ',"alias":' || quoted(alias_name)
      || ',"with_offset":' || case when new_id = a.application_id then '0' else '1' end
      || ',"overwrite":' || case when there > 0 and :overwrite = 1 then '1' else '0' end || '}';
  end loop;
  :planned := '[' || items || ']';
  :replaced := '[' || old_ones || ']';
  :problems := '[' || texts || ']';
end;
