-- expect: PLS-00103 3:7
begin
  null;
