-- expect: unsupported 2:8
insert all into a values (1) select * from dual
