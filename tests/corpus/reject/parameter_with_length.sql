-- expect: PLS-00103 2:31
create procedure p (a varchar2(10)) is
begin
  null;
end;
