-- expect: PLS-00103 4:3
begin
  null;
end
