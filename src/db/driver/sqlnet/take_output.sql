/* adbctl: output */
declare
  line varchar2(32767);
  done integer;
  head varchar2(20);
  some varchar2(32767);
  whole clob;
begin
  loop
    dbms_output.get_line(line, done);
    exit when done <> 0;
    head := to_char(nvl(length(line), 0)) || ':';
    if nvl(lengthb(some), 0) + length(head) + nvl(lengthb(line), 0) > 3900 then
      if whole is null then
        dbms_lob.createtemporary(whole, true);
      end if;
      if some is not null then
        dbms_lob.append(whole, some);
        some := null;
      end if;
    end if;
    if nvl(lengthb(line), 0) > 3900 then
      dbms_lob.append(whole, head);
      dbms_lob.append(whole, line);
    else
      some := some || head || line;
    end if;
  end loop;
  if whole is not null and some is not null then
    dbms_lob.append(whole, some);
    some := null;
  end if;
  :few := some;
  :many := whole;
end;
