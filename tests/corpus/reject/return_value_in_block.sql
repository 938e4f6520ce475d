-- expect: PLS-00372 3:3
begin
  return 1;
end;
