-- expect: unsupported 2:28
create function f return t pipelined is begin null; end;
