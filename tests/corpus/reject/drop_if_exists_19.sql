-- expect: ORA-00933 2:15
drop table if exists t
