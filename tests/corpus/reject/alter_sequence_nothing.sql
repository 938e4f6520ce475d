-- expect: ORA-02286 2:17
alter sequence s
