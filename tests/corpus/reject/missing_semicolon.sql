-- expect: PLS-00103 4:3
begin
  x := 1
  y := 2;
end;
