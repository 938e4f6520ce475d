-- expect: ORA-02263 2:17
create table t (a, b number)
