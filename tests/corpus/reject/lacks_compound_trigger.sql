-- expect: unsupported 2:18
create trigger t for insert on o compound trigger before statement is begin null; end before statement; end;
