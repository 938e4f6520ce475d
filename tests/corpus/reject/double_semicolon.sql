-- expect: PLS-00103 3:10
begin
  x := 1;;
end;
