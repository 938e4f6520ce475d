-- expect: ORA-00904 2:17
create table t (comment varchar2(10))
