-- expect: ORA-00906 2:27
create table t (a varchar2, b number)
