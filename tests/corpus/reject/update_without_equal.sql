-- expect: ORA-00927 2:16
update t set a 1
