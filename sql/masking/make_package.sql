-- purpose: Makes the package of masks for one export, and the protected table with its key.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: CREATE TABLE, CREATE PROCEDURE, EXECUTE on DBMS_CRYPTO
-- param package_name: bind varchar2 in - the package, in upper case; its key's table has this name and _KEY
-- param masking_key: bind varchar2 in - the key: who has it can make the same masks, and nobody gets a value back with it
declare
  known number;
  wanted raw(32);
  package_name varchar2(128) := dbms_assert.simple_sql_name(:package_name);
begin
  if :masking_key is null or length(:masking_key) < 16 then
    raise_application_error(-20920, 'adbctl: a masking key has at least 16 characters');
  end if;
  wanted := dbms_crypto.hash(utl_raw.cast_to_raw(:masking_key), dbms_crypto.hash_sh256);
  select count(*) into known
    from user_objects o
    join user_tables t on t.table_name = package_name || '_KEY'
   where o.object_name = package_name and o.object_type = 'PACKAGE BODY' and o.status = 'VALID';
  if known > 0 then
    execute immediate 'select count(*) from ' || package_name || '_KEY where hmac_key = :1' into known using wanted;
    -- An export that is at work with it would stand in the way of making it anew.
    if known > 0 then
      return;
    end if;
  end if;
  select count(*) into known from user_tables t where t.table_name = package_name || '_KEY';
  if known = 0 then
    execute immediate 'create table ' || package_name || '_KEY (hmac_key raw(32) not null)';
  end if;
  -- The workers of the export are other sessions; they see only what is committed.
  execute immediate 'delete from ' || package_name || '_KEY';
  execute immediate 'insert into ' || package_name || '_KEY values (:1)' using wanted;
  commit;
  execute immediate 'create or replace package ' || package_name || ' authid definer as' || q'{
  function mask_email(p in varchar2) return varchar2;
  function mask_phone(p in varchar2) return varchar2;
  function mask_name(p in varchar2) return varchar2;
  function mask_national_id(p in varchar2) return varchar2;
  function mask_free_text(p in varchar2) return varchar2;
  function mask_number(p in number) return number;
  function mask_date(p in date) return date;
  function mask_timestamp(p in timestamp) return timestamp;
end;}';
  execute immediate 'create or replace package body ' || package_name || ' as' || q'{
  c_digits constant varchar2(10) := '0123456789';
  c_lower constant varchar2(26) := 'abcdefghijklmnopqrstuvwxyz';
  c_upper constant varchar2(26) := 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  mask_key raw(32);
  shifted_by number;

  function keyed(kind in varchar2, data in raw) return raw is
  begin
    return dbms_crypto.mac(utl_raw.concat(utl_raw.cast_to_raw(kind || ':'), data), dbms_crypto.hmac_sh256, mask_key);
  end;

  -- The n-th number from 0 to 255 that follows from a seed; 32 of them come at once.
  procedure draw(seed in raw, n in out number, block in out varchar2, drawn out number) is
  begin
    if mod(n, 32) = 0 then
      block := rawtohex(keyed('block' || trunc(n / 32), seed));
    end if;
    drawn := to_number(substr(block, 2 * mod(n, 32) + 1, 2), 'XX');
    n := n + 1;
  end;

  -- Digits stay digits and letters letters of the same case; everything else stays. What is equal in plain form has
  -- equal letters and digits afterwards.
  function scrambled(kind in varchar2, p in varchar2, plain in varchar2) return varchar2 is
    seed raw(32) := keyed(kind, keyed('value', utl_raw.cast_to_raw(substrb(nvl(plain, p), 1, 30000))));
    made varchar2(32767);
    block varchar2(64);
    letter varchar2(8);
    n number := 0;
    drawn number;
  begin
    for i in 1 .. length(p) loop
      letter := substr(p, i, 1);
      if instr(c_digits, letter) > 0 then
        draw(seed, n, block, drawn);
        letter := substr(c_digits, mod(drawn, 10) + 1, 1);
      elsif instr(c_upper, letter) > 0 then
        draw(seed, n, block, drawn);
        letter := substr(c_upper, mod(drawn, 26) + 1, 1);
      elsif instr(c_lower, letter) > 0 then
        draw(seed, n, block, drawn);
        letter := substr(c_lower, mod(drawn, 26) + 1, 1);
      elsif ascii(letter) > 127 then
        draw(seed, n, block, drawn);
        letter := substr(case when letter = upper(letter) and letter <> lower(letter) then c_upper else c_lower end,
          mod(drawn, 26) + 1, 1);
      end if;
      made := made || letter;
    end loop;
    return made;
  end;

  function mask_email(p in varchar2) return varchar2 is
    address varchar2(32767) := rtrim(p);
    at_sign number := instr(address, '@', -1);
    host varchar2(20);
    mixed varchar2(32767);
    room number;
  begin
    if p is null then
      return null;
    end if;
    if address is null or at_sign = 0 or length(address) < 6 then
      return translate(scrambled('email', p, lower(p)), '@', 'x');
    end if;
    -- Domains that are kept for examples and tests, so that no mail to a masked address ever arrives.
    host := case when length(address) >= 16 then 'example.com' when length(address) >= 8 then 'x.test' else 'test' end;
    mixed := scrambled('email', substr(address, 1, at_sign - 1) || substr(address, at_sign + 1), lower(address));
    room := length(address) - length(host) - 1;
    mixed := regexp_replace(substr(mixed, 1, room), '[^A-Za-z0-9._+-]', 'x');
    mixed := regexp_replace(regexp_replace(mixed, '[.]$', 'x'), '^[.]', 'x');
    return rpad(mixed || '@' || host, length(p));
  end;

  function mask_phone(p in varchar2) return varchar2 is
  begin
    return case when p is not null then scrambled('phone', p, regexp_replace(p, '[^0-9]', '')) end;
  end;

  function mask_name(p in varchar2) return varchar2 is
  begin
    return case when p is not null then scrambled('name', p, lower(rtrim(p))) end;
  end;

  function mask_national_id(p in varchar2) return varchar2 is
  begin
    return case when p is not null then scrambled('national_id', p, upper(regexp_replace(p, '[^A-Za-z0-9]', ''))) end;
  end;

  function mask_free_text(p in varchar2) return varchar2 is
  begin
    return case when p is not null then scrambled('free_text', p, rtrim(p)) end;
  end;

  -- Sign, number of digits and place of the point stay; so does a zero, and zeros in front.
  function mask_number(p in number) return number is
    text varchar2(100) := replace(to_char(abs(p), 'TM9'), ',', '.');
    seed raw(32);
    block varchar2(64);
    letter varchar2(4);
    made number := 0;
    places number := 0;
    n number := 0;
    drawn number;
    leading boolean := true;
    behind boolean := false;
  begin
    if p is null then
      return null;
    end if;
    seed := keyed('number', keyed('value', utl_raw.cast_to_raw(to_char(p, 'TM9'))));
    for i in 1 .. length(text) loop
      letter := substr(text, i, 1);
      if letter = 'E' then
        places := places - to_number(substr(text, i + 1));
        exit;
      elsif letter = '.' then
        behind := true;
      else
        drawn := 0;
        if not leading or letter <> '0' then
          draw(seed, n, block, drawn);
          drawn := case when leading then mod(drawn, 9) + 1 else mod(drawn, 10) end;
          leading := false;
        end if;
        made := made * 10 + drawn;
        places := places + case when behind then 1 else 0 end;
      end if;
    end loop;
    return sign(p) * made / power(10, places);
  end;

  -- Every date moves by the same days, so that what lies between two of them stays. What is before the year 100 is no
  -- date of anybody, and has no room to move.
  function mask_date(p in date) return date is
  begin
    return case when p < date '0100-01-01' then p else p - shifted_by end;
  end;

  function mask_timestamp(p in timestamp) return timestamp is
  begin
    return case when p < date '0100-01-01' then p else p - numtodsinterval(shifted_by, 'DAY') end;
  end;
begin
  select k.hmac_key into mask_key from }' || package_name || q'{_KEY k;
  shifted_by := 30 + mod(to_number(substr(rawtohex(keyed('date', mask_key)), 1, 6), 'XXXXXX'), 3650);
end;}';
  select count(*) into known from user_errors e where e.name = package_name;
  if known > 0 then
    raise_application_error(-20921, 'adbctl: the package of masks does not compile; may ADMIN execute DBMS_CRYPTO?');
  end if;
end;
