-- expect: PLS-00428 3:3
begin
  select 1 from dual;
end;
