-- expect: PLS-00103 3:12
begin
  if a = 1 null; end if;
end;
