-- expect: ORA-00907 2:26
create table t (a number auto_increment)
