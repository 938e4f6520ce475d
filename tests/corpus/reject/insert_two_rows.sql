-- expect: ORA-00933 2:29
insert into t (a) values (1), (2)
