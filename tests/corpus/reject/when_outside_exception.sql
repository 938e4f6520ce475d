-- expect: PLS-00103 4:1
begin
  null;
when others then null;
end;
