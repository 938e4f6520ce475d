-- purpose: Puts sequences and identity columns ahead of the source's, and of the rows that are there; never backwards.
--   Sequences that are on one side only stay as they are.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 1800
-- privileges: ALTER ANY SEQUENCE, ALTER ANY TABLE, SELECT ANY TABLE; SELECT on DBA_SEQUENCES, DBA_TAB_IDENTITY_COLS, DBA_TAB_COLS
-- param numbers: bind clob in - JSON array of the source's, as refresh/sequences gives them, with the target's names of schemas
-- param tables: bind clob in - JSON array of the tables that were loaded: objects with owner and table_name
-- param margin: bind number in - how far ahead
-- param changed: bind number out - how many were moved
declare
  done number := 0;
  failures varchar2(32767);
  wanted number;
  reached number;
  procedure carry_out(p_statement in varchar2) is
  begin
    execute immediate p_statement;
    done := done + 1;
  exception
    when others then
      failures := substr(failures || p_statement || ': ' || sqlerrm || chr(10), 1, 1500);
  end;
begin
  dbms_output.enable(null);
  execute immediate 'alter session set ddl_lock_timeout = 30';
  for q in (
    select s.sequence_owner, s.sequence_name, s.increment_by, s.min_value, s.max_value, s.cycle_flag, s.last_number,
           to_number(r.last_number) as their_number, to_number(r.increment_by) as their_step
      from json_table(:numbers, '$[*]' columns (
             owner_name varchar2(128) path '$.owner', name varchar2(128) path '$.name', table_name varchar2(128) path '$.table_name',
             increment_by varchar2(40) path '$.increment_by', last_number varchar2(40) path '$.last_number')) r
      join dba_sequences s on s.sequence_owner = r.owner_name and s.sequence_name = r.name
     where r.table_name is null
     order by s.sequence_owner, s.sequence_name
  ) loop
    wanted := least(greatest(q.their_number + sign(q.increment_by) * :margin, q.min_value), q.max_value);
    if q.cycle_flag = 'Y' then
      dbms_output.put_line('left as it is: ' || q.sequence_owner || '.' || q.sequence_name || ' begins again when it is used up');
    elsif sign(q.increment_by) <> sign(q.their_step) then
      dbms_output.put_line('left as it is: ' || q.sequence_owner || '.' || q.sequence_name || ' counts the other way than the source''s');
    elsif sign(wanted - q.last_number) = sign(q.increment_by) then
      carry_out('alter sequence ' || dbms_assert.enquote_name(q.sequence_owner, false) || '.' || dbms_assert.enquote_name(q.sequence_name, false)
        || ' restart start with ' || to_char(wanted));
    end if;
  end loop;
  for i in (
    select d.owner, d.table_name, d.column_name, d.generation_type, c.default_on_null, s.increment_by, s.min_value, s.max_value, s.last_number,
           to_number(r.last_number) as their_number
      from json_table(:tables, '$[*]' columns (
             owner_name varchar2(128) path '$.owner', table_name varchar2(128) path '$.table_name')) t
      join dba_tab_identity_cols d on d.owner = t.owner_name and d.table_name = t.table_name
      join dba_sequences s on s.sequence_owner = d.owner and s.sequence_name = d.sequence_name
      join dba_tab_cols c on c.owner = d.owner and c.table_name = d.table_name and c.column_name = d.column_name
      left join json_table(:numbers, '$[*]' columns (
             owner_name varchar2(128) path '$.owner', table_name varchar2(128) path '$.table_name',
             column_name varchar2(128) path '$.column_name', last_number varchar2(40) path '$.last_number')) r
        on r.owner_name = d.owner and r.table_name = d.table_name and r.column_name = d.column_name
     order by d.owner, d.table_name
  ) loop
    execute immediate 'select ' || case when i.increment_by > 0 then 'max(' else 'min(' end || dbms_assert.enquote_name(i.column_name, false) || ') from '
      || dbms_assert.enquote_name(i.owner, false) || '.' || dbms_assert.enquote_name(i.table_name, false) into reached;
    wanted := nvl(i.their_number + sign(i.increment_by) * :margin, i.last_number);
    if reached is not null and sign(reached + i.increment_by - wanted) = sign(i.increment_by) then
      wanted := reached + i.increment_by;
    end if;
    wanted := least(greatest(wanted, i.min_value), i.max_value);
    if sign(wanted - i.last_number) = sign(i.increment_by) then
      carry_out('alter table ' || dbms_assert.enquote_name(i.owner, false) || '.' || dbms_assert.enquote_name(i.table_name, false) || ' modify '
        || dbms_assert.enquote_name(i.column_name, false) || ' generated '
        || case when i.generation_type = 'ALWAYS' then 'always' when i.default_on_null = 'YES' then 'by default on null' else 'by default' end
        || ' as identity (start with ' || to_char(wanted) || ')');
    end if;
  end loop;
  :changed := done;
  if failures is not null then
    raise_application_error(-20932, 'adbctl: sequences that could not be moved: ' || failures);
  end if;
end;
