-- expect: ORA-02185 2:8
commit now
