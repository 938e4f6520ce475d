-- expect: ORA-02248 2:15
alter session foo
