-- expect: PLS-00103 4:1
begin
  commit
end;
