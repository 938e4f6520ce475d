-- expect: ORA-00910 2:28
create table t (a varchar2(40000))
