-- expect: PLS-00103 3:21
begin
  execute immediate select 1 from dual;
end;
