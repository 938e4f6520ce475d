-- expect: PLS-00103 3:12
begin
  truncate table t;
end;
