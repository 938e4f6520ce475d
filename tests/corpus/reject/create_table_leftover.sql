-- expect: ORA-00922 2:27
create table t (a number) foo
