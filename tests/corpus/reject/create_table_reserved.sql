-- expect: ORA-00903 2:14
create table user (a number)
