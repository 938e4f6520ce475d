-- expect: PLS-00103 5:1
begin
  null;
end;
/
