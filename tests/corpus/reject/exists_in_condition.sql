-- expect: PLS-00204 3:6
begin
  if exists (select 1 from dual) then null; end if;
end;
