-- expect: PL/SQL: ORA-00911 3:27
begin
  delete from t where a = ‘x’;
end;
