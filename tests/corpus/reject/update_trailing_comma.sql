-- expect: ORA-01747 2:21
update t set a = 1, where b = 2
