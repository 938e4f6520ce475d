-- expect: PLS-00103 3:5
begin
  x = 1;
end;
