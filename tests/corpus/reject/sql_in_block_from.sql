-- expect: PL/SQL: ORA-00923 3:19
declare x number; begin
  select 1 into x form dual;
end;
