-- expect: PLS-00322 3:3
declare
  a constant number;
begin
  null;
end;
