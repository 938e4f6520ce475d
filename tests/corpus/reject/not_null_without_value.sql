-- expect: PLS-00218 3:3
declare
  a number not null;
begin
  null;
end;
