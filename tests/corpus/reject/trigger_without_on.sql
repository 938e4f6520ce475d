-- expect: ORA-00969 2:32
create trigger t before insert orders begin null; end;
