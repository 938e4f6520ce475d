-- expect: PLS-00103 3:3
begin
  drop table t;
end;
