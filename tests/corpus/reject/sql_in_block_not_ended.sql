-- expect: PL/SQL: ORA-00933 3:29
begin
  delete from t where a = 1 b;
end;
