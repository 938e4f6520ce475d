-- expect: PLS-00103 6:1
create procedure p as
begin
  null;
end;
/
