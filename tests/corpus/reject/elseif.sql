-- expect: PLS-00103 3:26
begin
  if a then null; elseif b then null; end if;
end;
