-- expect: unsupported 2:27
create table t (a number) partition by hash (a)
