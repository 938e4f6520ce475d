-- expect: PLS-00103 2:21
create procedure p () is
begin
  null;
end;
