create package sys.dbms_standard as
  procedure raise_application_error(num in binary_integer, msg in varchar2, keeperrorstack in boolean default false);
end;
/
create package sys.dbms_output as
  type chararr is table of varchar2(32767) index by binary_integer;
  procedure enable(buffer_size in integer default 20000);
  procedure disable;
  procedure put(a in varchar2);
  procedure put_line(a in varchar2);
  procedure new_line;
  procedure get_line(line out varchar2, status out integer);
  procedure get_lines(lines out chararr, numlines in out integer);
end;
/
create package body sys.dbms_output as
  procedure get_lines(lines out chararr, numlines in out integer) is
    l_line varchar2(32767);
    l_status integer;
    l_count integer := 0;
  begin
    while l_count < numlines loop
      sys.dbms_output.get_line(l_line, l_status);
      exit when l_status = 1;
      l_count := l_count + 1;
      lines(l_count) := l_line;
    end loop;
    numlines := l_count;
  end;
end;
/
create package sys.dbms_assert authid current_user as
  function noop(str in varchar2) return varchar2;
  function enquote_literal(str in varchar2) return varchar2;
  function enquote_name(str in varchar2, capitalize in boolean default true) return varchar2;
  function simple_sql_name(str in varchar2) return varchar2;
  function qualified_sql_name(str in varchar2) return varchar2;
  function schema_name(str in varchar2) return varchar2;
  function sql_object_name(str in varchar2) return varchar2;
end;
/
create package body sys.dbms_assert as
  function noop(str in varchar2) return varchar2 is
  begin
    return str;
  end;
  function enquote_literal(str in varchar2) return varchar2 is
  begin
    if str like '''%''' and length(str) > 1 then
      return str;
    end if;
    if mod(length(str) - nvl(length(replace(str, '''')), 0), 2) = 1 then
      raise value_error;
    end if;
    return '''' || str || '''';
  end;
  function enquote_name(str in varchar2, capitalize in boolean default true) return varchar2 is
  begin
    if str like '"%"' and length(str) > 2 then
      return str;
    end if;
    if instr(str, '"') > 0 or str is null then
      kernel.raise_error(44003);
    end if;
    if capitalize then
      return '"' || upper(str) || '"';
    end if;
    return '"' || str || '"';
  end;
  function simple_sql_name(str in varchar2) return varchar2 is
  begin
    if str is null or not kernel.is_sql_name(str) then
      kernel.raise_error(44003);
    end if;
    return trim(str);
  end;
  function qualified_sql_name(str in varchar2) return varchar2 is
    l_rest varchar2(4000) := str;
    l_at number;
  begin
    loop
      l_at := instr(l_rest, '.');
      if l_rest is null or not kernel.is_sql_name(case when l_at > 0 then substr(l_rest, 1, l_at - 1) else l_rest end) then
        kernel.raise_error(44004);
      end if;
      exit when l_at = 0;
      l_rest := substr(l_rest, l_at + 1);
    end loop;
    return str;
  end;
  function schema_name(str in varchar2) return varchar2 is
    l_count number;
  begin
    select count(*) into l_count from x$users where name = str and role = 'N';
    if l_count = 0 then
      kernel.raise_error(44001);
    end if;
    return str;
  end;
  function sql_object_name(str in varchar2) return varchar2 is
    l_count number;
    l_name varchar2(4000) := upper(replace(str, '"'));
    l_owner varchar2(4000) := sys_context('USERENV', 'CURRENT_SCHEMA');
    l_at number := instr(str, '.');
  begin
    if l_at > 0 then
      l_owner := upper(replace(substr(str, 1, l_at - 1), '"'));
      l_name := upper(replace(substr(str, l_at + 1), '"'));
    end if;
    select count(*) into l_count from x$objects where name = l_name and owner in (l_owner, 'PUBLIC');
    if l_count = 0 then
      kernel.raise_error(44002);
    end if;
    return str;
  end;
end;
/
create package sys.dbms_application_info as
  procedure set_module(module_name in varchar2, action_name in varchar2);
  procedure set_action(action_name in varchar2);
  procedure read_module(module_name out varchar2, action_name out varchar2);
  procedure set_client_info(client_info in varchar2);
  procedure read_client_info(client_info out varchar2);
end;
/
create package sys.dbms_session as
  procedure set_identifier(client_id in varchar2);
  procedure clear_identifier;
  procedure sleep(seconds in number);
end;
/
create package sys.dbms_lob authid current_user as
  file_readonly constant binary_integer := 0;
  lob_readonly constant binary_integer := 0;
  lob_readwrite constant binary_integer := 1;
  session constant pls_integer := 10;
  call constant pls_integer := 12;
  lobmaxsize constant number := 18446744073709551615;
  default_csid constant integer := 0;
  default_lang_ctx constant integer := 0;
  no_warning constant integer := 0;
  warn_inconvertible_char constant integer := 1;
  procedure createtemporary(lob_loc in out clob, cache in boolean, dur in pls_integer default 10);
  procedure createtemporary(lob_loc in out blob, cache in boolean, dur in pls_integer default 10);
  procedure freetemporary(lob_loc in out clob);
  procedure freetemporary(lob_loc in out blob);
  function getlength(lob_loc in clob) return integer;
  function getlength(lob_loc in blob) return integer;
  function getlength(file_loc in bfile) return integer;
  procedure append(dest_lob in out clob, src_lob in clob);
  procedure append(dest_lob in out blob, src_lob in blob);
  procedure copy(dest_lob in out clob, src_lob in clob, amount in integer, dest_offset in integer default 1, src_offset in integer default 1);
  procedure copy(dest_lob in out blob, src_lob in blob, amount in integer, dest_offset in integer default 1, src_offset in integer default 1);
  procedure writeappend(lob_loc in out clob, amount in integer, buffer in varchar2);
  procedure writeappend(lob_loc in out blob, amount in integer, buffer in raw);
  function substr(lob_loc in clob, amount in integer default 32767, offset in integer default 1) return varchar2;
  function substr(lob_loc in blob, amount in integer default 32767, offset in integer default 1) return raw;
  procedure converttoblob(dest_lob in out blob, src_clob in clob, amount in number, dest_offset in out number, src_offset in out number, blob_csid in number, lang_context in out number, warning out number);
  procedure converttoclob(dest_lob in out clob, src_blob in blob, amount in number, dest_offset in out number, src_offset in out number, blob_csid in number, lang_context in out number, warning out number);
  procedure fileopen(file_loc in out bfile, open_mode in binary_integer default 0);
  procedure fileclose(file_loc in out bfile);
  function fileexists(file_loc in bfile) return integer;
  function fileisopen(file_loc in bfile) return integer;
  procedure loadclobfromfile(dest_lob in out clob, src_bfile in bfile, amount in number, dest_offset in out number, src_offset in out number, bfile_csid in number, lang_context in out number, warning out number);
  procedure loadblobfromfile(dest_lob in out blob, src_bfile in bfile, amount in number, dest_offset in out number, src_offset in out number);
  function instr(lob_loc in clob, pattern in varchar2, offset in integer default 1, nth in integer default 1) return integer;
end;
/
create package sys.utl_raw authid current_user as
  function cast_to_raw(c in varchar2) return raw;
  function cast_to_varchar2(r in raw) return varchar2;
  function concat(r1 in raw default null, r2 in raw default null, r3 in raw default null, r4 in raw default null, r5 in raw default null, r6 in raw default null, r7 in raw default null, r8 in raw default null, r9 in raw default null, r10 in raw default null, r11 in raw default null, r12 in raw default null) return raw;
  function length(r in raw) return number;
  function substr(r in raw, pos in binary_integer, len in binary_integer default null) return raw;
end;
/
create package sys.dbms_crypto as
  hash_md4 constant pls_integer := 1;
  hash_md5 constant pls_integer := 2;
  hash_sh1 constant pls_integer := 3;
  hash_sh256 constant pls_integer := 4;
  hash_sh384 constant pls_integer := 5;
  hash_sh512 constant pls_integer := 6;
  hmac_md5 constant pls_integer := 1;
  hmac_sh1 constant pls_integer := 2;
  hmac_sh256 constant pls_integer := 3;
  hmac_sh384 constant pls_integer := 4;
  hmac_sh512 constant pls_integer := 5;
  function hash(src in raw, typ in pls_integer) return raw;
  function hash(src in blob, typ in pls_integer) return raw;
  function hash(src in clob, typ in pls_integer) return raw;
  function mac(src in raw, typ in pls_integer, key in raw) return raw;
  function randombytes(number_bytes in pls_integer) return raw;
end;
/
create package sys.utl_file authid current_user as
  type file_type is record (id binary_integer, datatype binary_integer, byte_mode boolean);
  file_open exception;
  charsetmismatch exception;
  invalid_path exception;
  invalid_mode exception;
  invalid_filehandle exception;
  invalid_operation exception;
  read_error exception;
  write_error exception;
  internal_error exception;
  invalid_maxlinesize exception;
  invalid_filename exception;
  access_denied exception;
  invalid_offset exception;
  delete_failed exception;
  rename_failed exception;
  pragma exception_init(charsetmismatch, -29298);
  pragma exception_init(invalid_path, -29280);
  pragma exception_init(invalid_mode, -29281);
  pragma exception_init(invalid_filehandle, -29282);
  pragma exception_init(invalid_operation, -29283);
  pragma exception_init(read_error, -29284);
  pragma exception_init(write_error, -29285);
  pragma exception_init(internal_error, -29286);
  pragma exception_init(invalid_maxlinesize, -29287);
  pragma exception_init(invalid_filename, -29288);
  pragma exception_init(access_denied, -29289);
  pragma exception_init(invalid_offset, -29290);
  pragma exception_init(delete_failed, -29291);
  pragma exception_init(rename_failed, -29292);
  function fopen(location in varchar2, filename in varchar2, open_mode in varchar2, max_linesize in binary_integer default null) return file_type;
  function is_open(file in file_type) return boolean;
  procedure fclose(file in out file_type);
  procedure fclose_all;
  procedure get_line(file in file_type, buffer out varchar2, len in binary_integer default null);
  procedure get_raw(file in file_type, buffer out raw, len in binary_integer default null);
  procedure put(file in file_type, buffer in varchar2);
  procedure new_line(file in file_type, lines in natural default 1);
  procedure put_line(file in file_type, buffer in varchar2, autoflush in boolean default false);
  procedure put_raw(file in file_type, buffer in raw, autoflush in boolean default false);
  procedure fflush(file in file_type);
  procedure fremove(location in varchar2, filename in varchar2);
  procedure frename(src_location in varchar2, src_filename in varchar2, dest_location in varchar2, dest_filename in varchar2, overwrite in boolean default false);
  procedure fcopy(src_location in varchar2, src_filename in varchar2, dest_location in varchar2, dest_filename in varchar2, start_line in binary_integer default 1, end_line in binary_integer default null);
  procedure fgetattr(location in varchar2, filename in varchar2, fexists out boolean, file_length out number, block_size out binary_integer);
end;
/
create package sys.dbms_utility as
  procedure compile_schema(schema in varchar2, compile_all in boolean default true, reuse_settings in boolean default false);
  function format_error_stack return varchar2;
  function format_error_backtrace return varchar2;
  function get_time return number;
end;
/
create package body sys.dbms_utility as
  procedure compile_schema(schema in varchar2, compile_all in boolean default true, reuse_settings in boolean default false) is
    l_count number;
  begin
    select count(*) into l_count from x$users where name = schema and role = 'N';
    if l_count = 0 then
      raise_application_error(-20000, 'ORA-20000: You have insufficient privileges for an object in this schema or it does not exist.');
    end if;
    if schema = 'SYS' then
      raise_application_error(-20001, 'ORA-20001: Cannot recompile SYS objects');
    end if;
    kernel.compile(schema, compile_all);
  end;
end;
/
create package sys.dbms_stats authid current_user as
  auto_sample_size constant number := 0;
  procedure gather_schema_stats(ownname varchar2, estimate_percent number default 0, block_sample boolean default false, method_opt varchar2 default null, degree number default null, granularity varchar2 default null, cascade boolean default true, stattab varchar2 default null, statid varchar2 default null, options varchar2 default 'GATHER', statown varchar2 default null, no_invalidate boolean default false, gather_temp boolean default false, gather_fixed boolean default false, stattype varchar2 default 'DATA', force boolean default false);
  procedure set_table_stats(ownname varchar2, tabname varchar2, partname varchar2 default null, stattab varchar2 default null, statid varchar2 default null, numrows number default null, numblks number default null, avgrlen number default null, flags number default null, statown varchar2 default null, no_invalidate boolean default false, cachedblk number default null, cachehit number default null, force boolean default false);
  procedure lock_schema_stats(ownname varchar2, stattype varchar2 default 'ALL');
  procedure unlock_schema_stats(ownname varchar2, stattype varchar2 default 'ALL');
end;
/
create package body sys.dbms_stats as
  function as_kept(ownname varchar2) return varchar2 is
  begin
    return case when ownname like '"%"' then substr(ownname, 2, length(ownname) - 2) else upper(ownname) end;
  end;
  procedure require(ownname varchar2) is
    l_count number;
  begin
    select count(*) into l_count from x$users where name = as_kept(ownname) and role = 'N';
    if l_count = 0 then
      raise_application_error(-20000, 'Schema ' || ownname || ' does not exist or insufficient privileges');
    end if;
  end;
  procedure gather_schema_stats(ownname varchar2, estimate_percent number default 0, block_sample boolean default false, method_opt varchar2 default null, degree number default null, granularity varchar2 default null, cascade boolean default true, stattab varchar2 default null, statid varchar2 default null, options varchar2 default 'GATHER', statown varchar2 default null, no_invalidate boolean default false, gather_temp boolean default false, gather_fixed boolean default false, stattype varchar2 default 'DATA', force boolean default false) is
    l_tables number;
  begin
    require(ownname);
    kernel.analyze(as_kept(ownname), l_tables);
  end;
  procedure set_table_stats(ownname varchar2, tabname varchar2, partname varchar2 default null, stattab varchar2 default null, statid varchar2 default null, numrows number default null, numblks number default null, avgrlen number default null, flags number default null, statown varchar2 default null, no_invalidate boolean default false, cachedblk number default null, cachehit number default null, force boolean default false) is
    l_tables number;
  begin
    if partname is not null or stattab is not null then
      raise_application_error(-20000, 'the sandbox cannot set statistics of partitions or in tables of one''s own');
    end if;
    kernel.set_statistics(as_kept(ownname), as_kept(tabname), numrows, l_tables);
    if l_tables = 0 then
      raise_application_error(-20000, 'Unable to set values for table ' || tabname || ': does not exist or insufficient privileges');
    end if;
  end;
  procedure lock_schema_stats(ownname varchar2, stattype varchar2 default 'ALL') is
  begin
    require(ownname);
  end;
  procedure unlock_schema_stats(ownname varchar2, stattype varchar2 default 'ALL') is
  begin
    require(ownname);
  end;
end;
/
create package sys.dbms_sql authid current_user as
  native constant integer := 1;
  function open_cursor return integer;
  procedure parse(c in integer, statement in varchar2, language_flag in integer);
  function execute(c in integer) return integer;
  function fetch_rows(c in integer) return integer;
  procedure close_cursor(c in out integer);
end;
/
create package sys.dbms_random as
  procedure seed(val in binary_integer);
  function value return number;
  function value(low in number, high in number) return number;
  function string(opt in varchar2, len in number) return varchar2;
end;
/
create package body sys.dbms_random as
  procedure seed(val in binary_integer) is
  begin
    kernel.set_seed(val);
  end;
  function value return number is
  begin
    return kernel.random;
  end;
  function value(low in number, high in number) return number is
  begin
    return low + kernel.random * (high - low);
  end;
  function string(opt in varchar2, len in number) return varchar2 is
    l_text varchar2(4000);
    l_letters varchar2(100) := case lower(opt) when 'u' then 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' when 'l' then 'abcdefghijklmnopqrstuvwxyz' when 'a' then 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz' else 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789' end;
  begin
    for i in 1 .. len loop
      l_text := l_text || substr(l_letters, 1 + trunc(kernel.random * length(l_letters)), 1);
    end loop;
    return l_text;
  end;
end;
/
