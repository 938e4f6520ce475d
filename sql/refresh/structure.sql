-- purpose: Gives a digest of each thing in schemas that a change of rows leaves as it is.
--   These are tables, indexes, constraints, triggers, code, views, sequences, synonyms, jobs, privileges and the users themselves. States of
--   triggers and keys are not part of it.
-- side: any
-- effect: read
-- repeat: safe
-- returns: nothing
-- limit: 900
-- privileges: SELECT on DBA_TAB_COLS, DBA_INDEXES, DBA_IND_COLUMNS, DBA_CONSTRAINTS, DBA_CONS_COLUMNS, DBA_SOURCE, DBA_VIEWS, DBA_TRIGGERS,
--   DBA_SEQUENCES, DBA_SYNONYMS, DBA_SCHEDULER_JOBS, DBA_TAB_PRIVS, DBA_SYS_PRIVS, DBA_ROLE_PRIVS, DBA_USERS, DBA_OBJECTS; EXECUTE on DBMS_CRYPTO
-- param schemas: bind clob in - JSON array of schemas' names as the database keeps them
-- param digests: bind clob out - JSON array of objects with what, owner, name and digest
declare
  list clob;
  content clob;
  what_now varchar2(60);
  owner_now varchar2(128);
  name_now varchar2(128);

  procedure keep is
    digest varchar2(64);
    entry varchar2(4000);
  begin
    if what_now is not null then
      digest := lower(rawtohex(dbms_crypto.hash(content, dbms_crypto.hash_sh256)));
      dbms_lob.freetemporary(content);
      select json_object('what' value what_now, 'owner' value owner_now, 'name' value name_now, 'digest' value digest) into entry from dual;
      dbms_lob.writeappend(list, 1, case when dbms_lob.getlength(list) = 1 then ' ' else ',' end);
      dbms_lob.writeappend(list, length(entry), entry);
      what_now := null;
    end if;
  end;

  -- Lines of one thing come one after the other.
  procedure add(p_what in varchar2, p_owner in varchar2, p_name in varchar2, p_text in varchar2) is
  begin
    if what_now is null or what_now <> p_what or owner_now <> p_owner or name_now <> p_name then
      keep;
      what_now := p_what;
      owner_now := p_owner;
      name_now := p_name;
      dbms_lob.createtemporary(content, true);
    end if;
    if p_text is not null then
      dbms_lob.writeappend(content, length(p_text), p_text);
    end if;
    dbms_lob.writeappend(content, 1, chr(10));
  end;
begin
  dbms_lob.createtemporary(list, true);
  dbms_lob.writeappend(list, 1, '[');
  for s in (select t.name from json_table(:schemas, '$[*]' columns (name varchar2(128) path '$')) t order by t.name) loop
    for u in (
      select d.account_status, d.default_tablespace, d.profile, d.authentication_type from dba_users d where d.username = s.name
    ) loop
      add('user', s.name, s.name, u.account_status || ' ' || u.default_tablespace || ' ' || u.profile || ' ' || u.authentication_type);
    end loop;
    for o in (
      select d.object_name, d.object_type
        from dba_objects d
       where d.owner = s.name and d.generated = 'N' and d.object_type not like 'LOB%'
       order by d.object_type, d.object_name
    ) loop
      add('list of objects', s.name, s.name, o.object_type || ' ' || o.object_name);
    end loop;
    for c in (
      select d.table_name, d.column_name, d.data_type, d.data_length, d.data_precision, d.data_scale, d.char_used, d.nullable, d.virtual_column,
             d.hidden_column, d.identity_column, d.default_on_null, d.data_default
        from dba_tab_cols d
       where d.owner = s.name
       order by d.table_name, d.column_name
    ) loop
      add('columns', s.name, c.table_name, c.column_name || ' ' || c.data_type || ' ' || c.data_length || ' ' || c.data_precision || ' '
        || c.data_scale || ' ' || c.char_used || ' ' || c.nullable || c.virtual_column || c.hidden_column || c.identity_column || c.default_on_null);
      -- The default of an identity column names its sequence, which is looked at by itself.
      if c.identity_column = 'NO' then
        add('columns', s.name, c.table_name, c.data_default);
      end if;
    end loop;
    for i in (
      select d.table_name, d.column_name, d.generation_type, d.identity_options
        from dba_tab_identity_cols d
       where d.owner = s.name
       order by d.table_name
    ) loop
      add('identity column', s.name, i.table_name, i.column_name || ' ' || i.generation_type || ' '
        || regexp_replace(i.identity_options, 'START WITH: -?[0-9]+'));
    end loop;
    for i in (
      select d.index_name, d.index_type, d.uniqueness, d.table_owner, d.table_name, d.status, d.visibility
        from dba_indexes d
       where d.owner = s.name and d.index_type <> 'LOB'
       order by d.index_name
    ) loop
      add('index', s.name, i.index_name, i.index_type || ' ' || i.uniqueness || ' ' || i.table_owner || '.' || i.table_name || ' ' || i.status || ' '
        || i.visibility);
    end loop;
    for c in (
      select d.index_name, d.column_name, d.descend
        from dba_ind_columns d
       where d.index_owner = s.name
       order by d.index_name, d.column_position
    ) loop
      add('columns of an index', s.name, c.index_name, c.column_name || ' ' || c.descend);
    end loop;
    for k in (
      select d.constraint_name, d.constraint_type, d.table_name, d.search_condition, d.r_owner, d.r_constraint_name, d.delete_rule, d.deferrable,
             d.deferred
        from dba_constraints d
       where d.owner = s.name
       order by d.constraint_name
    ) loop
      add('constraint', s.name, k.constraint_name, k.constraint_type || ' ' || k.table_name || ' ' || k.r_owner || '.' || k.r_constraint_name || ' '
        || k.delete_rule || ' ' || k.deferrable || ' ' || k.deferred);
      add('constraint', s.name, k.constraint_name, k.search_condition);
    end loop;
    for c in (
      select d.constraint_name, d.column_name
        from dba_cons_columns d
       where d.owner = s.name
       order by d.constraint_name, d.position, d.column_name
    ) loop
      add('columns of a constraint', s.name, c.constraint_name, c.column_name);
    end loop;
    for g in (
      select d.trigger_name, d.trigger_type, d.triggering_event, d.table_owner, d.table_name, d.when_clause
        from dba_triggers d
       where d.owner = s.name
       order by d.trigger_name
    ) loop
      add('trigger', s.name, g.trigger_name, g.trigger_type || ' ' || g.triggering_event || ' ' || g.table_owner || '.' || g.table_name || ' '
        || g.when_clause);
    end loop;
    for l in (
      select lower(d.type) as type, d.name, d.text
        from dba_source d
       where d.owner = s.name
       order by d.type, d.name, d.line
    ) loop
      add('text of a ' || l.type, s.name, l.name, l.text);
    end loop;
    -- A LONG of more cannot be read here.
    for v in (select d.view_name, d.text from dba_views d where d.owner = s.name and d.text_length <= 32000 order by d.view_name) loop
      add('view', s.name, v.view_name, v.text);
    end loop;
    for v in (select d.view_name, d.text_length from dba_views d where d.owner = s.name and d.text_length > 32000 order by d.view_name) loop
      add('length of a view', s.name, v.view_name, to_char(v.text_length));
    end loop;
    for q in (
      select d.sequence_name, d.min_value, d.max_value, d.increment_by, d.cycle_flag, d.order_flag, d.cache_size
        from dba_sequences d
       where d.sequence_owner = s.name
       order by d.sequence_name
    ) loop
      add('sequence', s.name, q.sequence_name, q.min_value || ' ' || q.max_value || ' ' || q.increment_by || ' ' || q.cycle_flag || q.order_flag || ' '
        || q.cache_size);
    end loop;
    for y in (
      select d.owner, d.synonym_name, d.table_owner, d.table_name, d.db_link
        from dba_synonyms d
       where d.owner = s.name or (d.owner = 'PUBLIC' and d.table_owner = s.name)
       order by d.owner, d.synonym_name
    ) loop
      add('synonym', y.owner, y.synonym_name, y.table_owner || '.' || y.table_name || '@' || y.db_link);
    end loop;
    for j in (
      select d.job_name, d.job_type, d.job_action, d.repeat_interval, d.job_class, d.auto_drop, d.comments
        from dba_scheduler_jobs d
       where d.owner = s.name
       order by d.job_name
    ) loop
      add('job', s.name, j.job_name, j.job_type || ' ' || j.job_action || ' ' || j.repeat_interval || ' ' || j.job_class || ' ' || j.auto_drop || ' '
        || j.comments);
    end loop;
    for p in (
      select d.grantee, d.owner, d.table_name, d.privilege, d.grantable
        from dba_tab_privs d
       where d.owner = s.name or d.grantee = s.name
       order by d.owner, d.table_name, d.grantee, d.privilege, d.grantor
    ) loop
      add('privileges', s.name, s.name, p.grantee || ' ' || p.owner || '.' || p.table_name || ' ' || p.privilege || ' ' || p.grantable);
    end loop;
    for p in (select d.granted_role, d.admin_option from dba_role_privs d where d.grantee = s.name order by d.granted_role) loop
      add('roles', s.name, s.name, p.granted_role || ' ' || p.admin_option);
    end loop;
    for p in (select d.privilege, d.admin_option from dba_sys_privs d where d.grantee = s.name order by d.privilege) loop
      add('system privileges', s.name, s.name, p.privilege || ' ' || p.admin_option);
    end loop;
  end loop;
  keep;
  dbms_lob.writeappend(list, 1, ']');
  :digests := list;
end;
