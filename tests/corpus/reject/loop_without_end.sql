-- expect: PLS-00103 3:17
begin
  loop null; end;
end;
