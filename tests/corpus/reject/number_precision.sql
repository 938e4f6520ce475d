-- expect: ORA-01727 2:26
create table t (a number(39))
