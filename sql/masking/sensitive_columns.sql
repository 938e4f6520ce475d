-- purpose: Finds columns that look as if they held personal data and have neither a rule nor an exception, by their names
--   and by a sample of what they hold. Of the values only shares come back.
-- side: any
-- effect: read
-- repeat: safe
-- returns: nothing
-- limit: 900
-- privileges: SELECT on DBA_TABLES, DBA_EXTERNAL_TABLES, DBA_TAB_COLS and DBA_USERS, and on the tables
-- param owners: bind clob in - JSON array of schemas; empty: all that are not Oracle's
-- param tables: bind clob in - JSON array of objects with schema and table; empty: all tables of the schemas
-- param only_tables: bind clob in - JSON array of tables' names to take no others than; empty: all
-- param without_tables: bind clob in - JSON array of tables' names that are left out
-- param covered: bind clob in - JSON array of objects with schema, table and column: what has a rule or an exception
-- param seen: bind number out - how many columns were looked at
-- param uncovered: bind number out - how many look sensitive and are not covered
-- param said: bind clob out - these columns, each with what it looks like
declare
  looked number := 0;
  missing number := 0;
  listed clob;
  looks_like varchar2(200);

  -- What a name tells. A person's table makes a NAME a person's name.
  function by_name(table_name in varchar2, column_name in varchar2) return varchar2 is
  begin
    return case
      when regexp_like(column_name, 'E_?MAIL') then 'email by its name'
      when regexp_like(column_name, 'PHONE|MOBILE|MSISDN|(^|_)(CELL|FAX|TEL)(_|$)') then 'phone by its name'
      when regexp_like(column_name, '(^|_)(SSN|NINO)(_|$)|NATIONAL_?ID|PASSPORT|TAX_?ID|SOCIAL_?SEC|DRIV(ER|ING)') then
        'national_id by its name'
      when regexp_like(column_name, 'CARD_?N|CREDIT_?CARD|(^|_)(IBAN|CVV|PAN)(_|$)|ACCOUNT_?N') then 'account by its name'
      when regexp_like(column_name, 'BIRTH|(^|_)DOB(_|$)') then 'date by its name'
      when regexp_like(column_name, 'STREET|POST_?CODE|ZIP_?CODE|(^|_)ADDR') then 'address by its name'
      when regexp_like(column_name, '(FIRST|LAST|FULL|FAMILY|GIVEN|MAIDEN|MIDDLE|CUSTOMER|EMPLOYEE|PATIENT|CONTACT)_?NAME|SURNAME')
        or column_name = 'NAME' and regexp_like(table_name, 'CUSTOMER|PERSON|PEOPLE|EMPLOYEE|PATIENT|CONTACT|STAFF|MEMBER') then
        'name by its name'
    end;
  end;

  -- A sample of the whole table: the first rows of a large one may be old, empty or made for a test.
  function by_content(owner_name in varchar2, table_name in varchar2, column_name in varchar2, data_type in varchar2, portion in number)
    return varchar2 is
    quoted varchar2(200) := dbms_assert.enquote_name(column_name, false);
    shown varchar2(300) := case
      when data_type like '%CLOB' then 'to_char(dbms_lob.substr(' || quoted || ', 1000, 1))'
      when data_type like 'N%' then 'to_char(' || quoted || ')'
      else quoted
    end;
    -- In a text of any length an address may stand anywhere.
    mail varchar2(100) := case when data_type like '%CLOB' then '[^@ ]+@[^@ ]+[.][A-Za-z]+' else '^[^@ ]+@[^@ ]+[.][A-Za-z]+ *$' end;
    taken number;
    mails number;
    phones number;
    cards number;
    ids number;
  begin
    execute immediate 'select count(*), count(case when regexp_like(v, ''' || mail || ''') then 1 end),'
      || ' count(case when regexp_like(v, ''^([+]|0)[0-9 ()./-]{7,20}$'') then 1 end),'
      || ' count(case when regexp_like(v, ''^([0-9]{4}[ -]?){3}[0-9]{3,4}$'') then 1 end),'
      || ' count(case when regexp_like(v, ''^[0-9]{3}-[0-9]{2}-[0-9]{4}$|^[A-Z]{2} ?([0-9]{2} ?){3}[A-D]$'') then 1 end)'
      || ' from (select ' || shown || ' as v from ' || dbms_assert.enquote_name(owner_name, false) || '.'
      || dbms_assert.enquote_name(table_name, false) || case when portion is not null then ' sample (' || to_char(portion, 'FM990.00', 'NLS_NUMERIC_CHARACTERS=''.,''') || ')' end || ' where ' || quoted || ' is not null and rownum <= 200)'
      into taken, mails, phones, cards, ids;
    return case
      when taken = 0 then null
      when mails / taken >= 0.2 then 'email in ' || round(100 * mails / taken) || ' % of a sample'
      when data_type = 'NUMBER' and cards / taken < 0.2 then null
      when cards / taken >= 0.2 then 'account in ' || round(100 * cards / taken) || ' % of a sample'
      when ids / taken >= 0.2 then 'national_id in ' || round(100 * ids / taken) || ' % of a sample'
      when phones / taken >= 0.2 then 'phone in ' || round(100 * phones / taken) || ' % of a sample'
    end;
  exception
    -- What cannot be looked at is not known to be harmless.
    when others then
      return 'it cannot be looked at: ' || substr(sqlerrm, 1, 200);
  end;
begin
  for c in (
    select t.owner, t.table_name, c.column_name, c.data_type, t.num_rows
      from dba_tables t
      join dba_users u
        on u.username = t.owner
      join dba_tab_cols c
        on c.owner = t.owner and c.table_name = t.table_name
     where u.oracle_maintained = 'N'
       and c.virtual_column = 'NO'
       and c.hidden_column = 'NO'
       and t.nested = 'NO'
       and nvl(t.iot_type, 'IOT') = 'IOT'
       and not exists (select 1 from dba_external_tables e where e.owner = t.owner and e.table_name = t.table_name)
       and (not exists (select 1 from json_table(:owners, '$[*]' columns (name varchar2(128) path '$')) o)
            or t.owner in (select o.name from json_table(:owners, '$[*]' columns (name varchar2(128) path '$')) o))
       and (not exists (select 1 from json_table(:tables, '$[*]' columns (name varchar2(128) path '$.table')) w)
            or (t.owner, t.table_name) in (
                 select w.owner_name, w.name
                   from json_table(:tables, '$[*]' columns (
                          owner_name varchar2(128) path '$.schema', name varchar2(128) path '$.table')) w))
       and (not exists (select 1 from json_table(:only_tables, '$[*]' columns (name varchar2(128) path '$')) o)
            or t.table_name in (select o.name from json_table(:only_tables, '$[*]' columns (name varchar2(128) path '$')) o))
       and t.table_name not in (select o.name from json_table(:without_tables, '$[*]' columns (name varchar2(128) path '$')) o)
       and not exists (
             select 1
               from json_table(:covered, '$[*]' columns (
                      owner_name varchar2(128) path '$.schema', table_name varchar2(128) path '$.table',
                      column_name varchar2(128) path '$.column')) k
              where k.owner_name = t.owner and k.table_name = t.table_name and k.column_name = c.column_name)
     order by t.owner, t.table_name, c.column_name
  ) loop
    looked := looked + 1;
    looks_like := by_name(c.table_name, upper(c.column_name));
    if looks_like is null and c.data_type in ('VARCHAR2', 'CHAR', 'NVARCHAR2', 'NCHAR', 'CLOB', 'NCLOB', 'NUMBER') then
      looks_like := by_content(c.owner, c.table_name, c.column_name, c.data_type,
        case when c.num_rows > 100000 then greatest(500000 / c.num_rows, 0.01) end);
    elsif looks_like is null and c.data_type in ('JSON', 'XMLTYPE', 'LONG', 'BLOB', 'LONG RAW') then
      looks_like := 'its type ' || c.data_type || ' cannot be looked into';
    end if;
    if looks_like is not null then
      missing := missing + 1;
      listed := listed || case when missing > 1 then '; ' end || c.owner || '.' || c.table_name || '.' || c.column_name
        || ' (' || looks_like || ')';
    end if;
  end loop;
  :seen := looked;
  :uncovered := missing;
  :said := listed;
end;
