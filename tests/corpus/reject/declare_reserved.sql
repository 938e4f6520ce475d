-- expect: PLS-00103 3:3
declare
  table number;
begin
  null;
end;
