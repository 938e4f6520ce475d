-- expect: PLS-00370 5:3
begin
  null;
exception
  when others then null;
  when no_data_found then null;
end;
