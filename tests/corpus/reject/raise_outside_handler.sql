-- expect: PLS-00367 3:3
begin
  raise;
end;
