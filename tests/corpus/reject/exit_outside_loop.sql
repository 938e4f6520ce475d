-- expect: PLS-00376 3:3
begin
  exit;
end;
