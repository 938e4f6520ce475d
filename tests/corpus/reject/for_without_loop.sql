-- expect: PLS-00103 3:18
begin
  for i in 1..10 null; end loop;
end;
