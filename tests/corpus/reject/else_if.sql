-- expect: PLS-00103 4:4
begin
  if a then null; else if b then null; end if;
end;
