-- expect: ORA-04050 2:18
create procedure (a number) is begin null; end;
