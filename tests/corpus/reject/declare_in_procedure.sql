-- expect: PLS-00103 3:1
create procedure p as
declare
  x number;
begin
  null;
end;
