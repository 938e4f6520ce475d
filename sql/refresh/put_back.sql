-- purpose: Puts triggers and foreign keys back into exactly the state that a record says, by name.
--   Those that are in it already are left alone. A foreign key that finds rows without parent is left without validation, and the rows are told by their ROWIDs.
--   Nothing is put back while the import that needs it off is at work.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 7200
-- privileges: ALTER ANY TABLE, ALTER ANY TRIGGER, SELECT ANY TABLE; SELECT on DBA_CONSTRAINTS, DBA_CONS_COLUMNS, DBA_TRIGGERS
-- param record: bind clob in - JSON array, as refresh/record gives it
-- param job_name: bind varchar2 in - the import's name
-- param accept_orphans: bind number in - 1: rows without parent are no failure
-- param changed: bind number out - how many were put back now
-- param orphans: bind clob out - JSON array of objects with owner, name, table_name, parent, rows and rowids, for keys left without validation
declare
  done number := 0;
  failures varchar2(32767);
  list clob;
  at_work number;
  without_parent exception;
  pragma exception_init(without_parent, -2298);

  procedure carry_out(p_statement in varchar2) is
  begin
    execute immediate p_statement;
    done := done + 1;
  exception
    when without_parent then
      raise;
    when others then
      failures := substr(failures || p_statement || ': ' || sqlerrm || chr(10), 1, 1500);
  end;

  procedure name_orphans(p_owner in varchar2, p_name in varchar2, p_table in varchar2, p_parent_owner in varchar2, p_parent in varchar2) is
    given varchar2(32767);
    matched varchar2(32767);
    lonely varchar2(32767);
    total number;
    few varchar2(4000);
    entry varchar2(4000);
  begin
    for c in (
      select child.column_name as child_column, parent.column_name as parent_column
        from dba_constraints k
        join dba_cons_columns child on child.owner = k.owner and child.constraint_name = k.constraint_name
        join dba_cons_columns parent
          on parent.owner = k.r_owner and parent.constraint_name = k.r_constraint_name and parent.position = child.position
       where k.owner = p_owner and k.constraint_name = p_name
       order by child.position
    ) loop
      given := given || ' and c.' || dbms_assert.enquote_name(c.child_column, false) || ' is not null';
      matched := matched || ' and p.' || dbms_assert.enquote_name(c.parent_column, false) || ' = c.' || dbms_assert.enquote_name(c.child_column, false);
    end loop;
    lonely := ' from ' || dbms_assert.enquote_name(p_owner, false) || '.' || dbms_assert.enquote_name(p_table, false) || ' c where 1 = 1' || given
      || ' and not exists (select 1 from ' || dbms_assert.enquote_name(p_parent_owner, false) || '.' || dbms_assert.enquote_name(p_parent, false)
      || ' p where 1 = 1' || matched || ')';
    begin
      execute immediate 'select count(*)' || lonely into total;
      execute immediate 'select listagg(o.place, '', '') within group (order by o.place) from (select rowidtochar(c.rowid) as place' || lonely
        || ' and rownum <= 5) o' into few;
    exception
      when others then
        -- Which rows they are is not worth leaving other keys and triggers off.
        total := null;
        few := substr('not found out: ' || sqlerrm, 1, 500);
    end;
    select json_object('owner' value p_owner, 'name' value p_name, 'table_name' value p_table, 'parent' value p_parent_owner || '.' || p_parent,
             'rows' value total, 'rowids' value few)
      into entry from dual;
    list := list || case when list is not null then ',' end || entry;
    if :accept_orphans = 0 then
      failures := substr(failures || p_owner || '.' || p_name || ' cannot be validated (ORA-02298): ' || nvl(to_char(total), 'some') || ' rows of '
        || p_owner || '.' || p_table || ' have no parent in ' || p_parent_owner || '.' || p_parent || ', such as ROWID ' || few || chr(10), 1, 1500);
    end if;
  end;
begin
  select count(*) into at_work
    from user_datapump_jobs j
   where j.job_name = :job_name and trim(j.state) in ('DEFINING', 'EXECUTING', 'COMPLETING', 'STOP PENDING', 'STOPPING');
  if at_work > 0 then
    raise_application_error(-20905, 'adbctl: the import ' || :job_name || ' is still at work; nothing was changed');
  end if;
  execute immediate 'alter session set ddl_lock_timeout = 60';
  for k in (
    select r.owner_name, r.name, r.table_name, r.parent_owner, r.parent_table, r.status, r.validated
      from json_table(:record, '$[*]' columns (
             kind varchar2(20) path '$.kind', owner_name varchar2(128) path '$.owner', name varchar2(128) path '$.name',
             table_name varchar2(128) path '$.table_name', status varchar2(8) path '$.status',
             validated varchar2(13) path '$.validated', parent_owner varchar2(128) path '$.parent_owner',
             parent_table varchar2(128) path '$.parent_table')) r
      join dba_constraints c on c.owner = r.owner_name and c.constraint_name = r.name
     where r.kind = 'foreign key'
       and (c.status <> r.status or c.validated <> r.validated)
     order by r.owner_name, r.table_name, r.name
  ) loop
    begin
      carry_out('alter table ' || dbms_assert.enquote_name(k.owner_name, false) || '.' || dbms_assert.enquote_name(k.table_name, false)
        || case k.status when 'ENABLED' then ' enable' else ' disable' end
        || case k.validated when 'VALIDATED' then ' validate' else ' novalidate' end
        || ' constraint ' || dbms_assert.enquote_name(k.name, false));
    exception
      when without_parent then
        -- New rows are checked again, whatever becomes of the old ones.
        carry_out('alter table ' || dbms_assert.enquote_name(k.owner_name, false) || '.' || dbms_assert.enquote_name(k.table_name, false)
          || case k.status when 'ENABLED' then ' enable' else ' disable' end || ' novalidate constraint ' || dbms_assert.enquote_name(k.name, false));
        name_orphans(k.owner_name, k.name, k.table_name, k.parent_owner, k.parent_table);
    end;
  end loop;
  for g in (
    select r.owner_name, r.name, r.status
      from json_table(:record, '$[*]' columns (
             kind varchar2(20) path '$.kind', owner_name varchar2(128) path '$.owner', name varchar2(128) path '$.name',
             status varchar2(8) path '$.status')) r
      join dba_triggers t on t.owner = r.owner_name and t.trigger_name = r.name
     where r.kind = 'trigger' and t.status <> r.status
     order by r.owner_name, r.name
  ) loop
    carry_out('alter trigger ' || dbms_assert.enquote_name(g.owner_name, false) || '.' || dbms_assert.enquote_name(g.name, false)
      || case g.status when 'ENABLED' then ' enable' else ' disable' end);
  end loop;
  :changed := done;
  :orphans := '[' || list || ']';
  if failures is not null then
    raise_application_error(-20929, 'adbctl: not as it was: ' || failures);
  end if;
end;
