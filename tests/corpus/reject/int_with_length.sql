-- expect: ORA-00907 2:22
create table t (a int(5))
