-- expect: ORA-00904 2:26
create table t (a number,)
