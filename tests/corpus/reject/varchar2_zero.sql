-- expect: ORA-01723 2:28
create table t (a varchar2(0))
