-- expect: ORA-02012 2:14
merge into t on (a = b) when matched then update set c = 1
