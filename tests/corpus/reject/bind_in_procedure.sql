-- expect: PLS-00049 4:8
create procedure p is
begin
  x := :y;
end;
