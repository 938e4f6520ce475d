-- expect: PLS-00405 3:11
begin
  if a in (select 1 from dual) then null; end if;
end;
