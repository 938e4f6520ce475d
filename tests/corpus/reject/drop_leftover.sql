-- expect: ORA-00933 2:14
drop table t now
