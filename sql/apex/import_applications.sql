-- purpose: Installs applications of APEX from the bucket: fetched by the database, their length and digest compared, all settings and the installation in one session.
--   An application that is there is replaced only where the list says so. One that an earlier try of the same list installed is left as it is.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 3600
-- privileges: APEX_ADMINISTRATOR_ROLE; EXECUTE on DBMS_CLOUD and DBMS_CRYPTO
-- param applications: bind clob in - JSON array of objects with application_id, new_id, uri, workspace, schema_name, alias, with_offset, overwrite and,
--   where they are known, application_name, version, pages, bytes and sha256; an uri that ends in .zip is of the split form
-- param supporting_objects: bind number in - 1 to run the scripts that the applications bring along
-- param credential_name: bind varchar2 in - the credential for the bucket
-- param installed: bind number out - how many were installed
declare
  content blob;
  text clob;
  files apex_t_export_files;
  info apex_application_install.t_file_info;
  done number := 0;
  found number;
  same number;
  -- AL32UTF8, whatever the database's own character set is.
  utf8 constant number := 873;
  function as_text return clob is
    made clob;
    to_offset integer := 1;
    from_offset integer := 1;
    context integer := dbms_lob.default_lang_ctx;
    warning integer;
  begin
    dbms_lob.createtemporary(made, true);
    dbms_lob.converttoclob(made, content, dbms_lob.lobmaxsize, to_offset, from_offset, utf8, context, warning);
    return made;
  end;
begin
  dbms_output.enable(null);
  for a in (
    select j.*
      from json_table(:applications, '$[*]' columns (
             application_id number path '$.application_id', new_id number path '$.new_id', uri varchar2(4000) path '$.uri',
             application_name varchar2(255) path '$.application_name', version varchar2(255) path '$.version', pages number path '$.pages',
             bytes number path '$.bytes', sha256 varchar2(64) path '$.sha256', workspace varchar2(255) path '$.workspace',
             schema_name varchar2(128) path '$.schema_name', alias varchar2(255) path '$.alias',
             with_offset number path '$.with_offset', overwrite number path '$.overwrite')) j
  ) loop
    select count(*), count(case when x.application_name = a.application_name and x.owner = a.schema_name
             and nvl(x.version, ' ') = nvl(a.version, ' ')
             and (select count(*) from apex_application_pages p where p.application_id = x.application_id) = a.pages then 1 end)
      into found, same
      from apex_applications x
     where x.application_id = a.new_id;
    if found > 0 and same > 0 and a.overwrite = 0 then
      dbms_output.put_line('application ' || a.new_id || ' is there already');
      continue;
    elsif found > 0 and a.overwrite = 0 then
      raise_application_error(-20961, 'adbctl: the number ' || a.new_id || ' is taken, and nothing says that the application may be replaced');
    end if;
    content := dbms_cloud.get_object(credential_name => :credential_name, object_uri => a.uri);
    if dbms_lob.getlength(content) <> a.bytes then
      raise_application_error(-20962, 'adbctl: the export of application ' || a.application_id || ' has ' || dbms_lob.getlength(content)
        || ' bytes, and was written with ' || a.bytes || ': it was cut or changed; nothing was installed of it');
    end if;
    if lower(rawtohex(dbms_crypto.hash(content, dbms_crypto.hash_sh256))) <> a.sha256 then
      raise_application_error(-20962, 'adbctl: the export of application ' || a.application_id
        || ' is not the one that was written: it was changed; nothing was installed of it');
    end if;
    if a.uri like '%.zip' then
      files := apex_export.unzip(p_source_zip => content);
    else
      text := as_text;
      if instr(text, 'wwv_flow_imp.import_end') = 0 and instr(text, 'wwv_flow_api.import_end') = 0 then
        raise_application_error(-20962, 'adbctl: the export of application ' || a.application_id || ' has no end; nothing was installed of it');
      end if;
      files := apex_t_export_files(apex_t_export_file('f' || a.application_id || '.sql', text));
    end if;
    apex_util.set_workspace(p_workspace => a.workspace);
    apex_application_install.clear_all;
    apex_application_install.set_workspace(p_workspace => a.workspace);
    info := apex_application_install.get_info(p_source => files);
    if info.app_id is null or info.app_id <> a.application_id then
      raise_application_error(-20963, 'adbctl: the file holds ' || nvl(to_char(info.app_id), 'no application') || ', and not application '
        || a.application_id || '; nothing was installed of it');
    end if;
    apex_application_install.set_application_id(p_application_id => a.new_id);
    if a.with_offset = 1 then
      apex_application_install.generate_offset;
    end if;
    apex_application_install.set_schema(p_schema => a.schema_name);
    if a.alias is not null then
      apex_application_install.set_application_alias(p_application_alias => a.alias);
    end if;
    apex_application_install.set_auto_install_sup_obj(p_auto_install_sup_obj => (:supporting_objects = 1));
    apex_application_install.install(p_source => files, p_overwrite_existing => (a.overwrite = 1));
    apex_application_install.clear_all;
    commit;
    done := done + 1;
    dbms_output.put_line('application ' || a.application_id || ' is installed as ' || a.new_id || ' in the workspace ' || a.workspace);
  end loop;
  :installed := done;
end;
