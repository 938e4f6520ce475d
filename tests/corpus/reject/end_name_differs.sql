-- expect: PLS-00113 5:5
create procedure p is
begin
  null;
end q;
