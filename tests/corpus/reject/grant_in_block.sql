-- expect: PLS-00103 3:3
begin
  grant select on t to app;
end;
