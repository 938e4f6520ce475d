-- expect: ORA-00922 2:16
create table t a number
