-- expect: PLS-00503 4:3
create function f return number is
begin
  return;
end;
