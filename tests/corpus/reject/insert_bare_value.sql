-- expect: ORA-00906 2:22
insert into t values 1
