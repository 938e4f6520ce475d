-- expect: PL/SQL: ORA-00933 4:1
begin
  insert into t values (1)
end;
