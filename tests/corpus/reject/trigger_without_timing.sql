-- expect: ORA-04071 2:18
create trigger t on orders begin null; end;
