-- expect: PL/SQL: ORA-00936 3:10
begin
  select from dual;
end;
