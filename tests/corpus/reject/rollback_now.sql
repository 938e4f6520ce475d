-- expect: ORA-02181 2:10
rollback now
