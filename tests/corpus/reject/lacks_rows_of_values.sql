-- expect: unsupported 2:25
insert into t values (1), (2)
-- dialect: 23
