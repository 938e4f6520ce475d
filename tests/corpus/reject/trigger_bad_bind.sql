-- expect: PLS-00049 4:3
create trigger t before insert on o for each row
begin
  :nwe.id := 1;
end;
