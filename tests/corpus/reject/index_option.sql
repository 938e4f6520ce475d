-- expect: ORA-02158 2:25
create index i on t (a) foo
