-- expect: PLS-00103 3:8
begin
  exec p;
end;
