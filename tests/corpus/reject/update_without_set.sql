-- expect: ORA-00971 2:12
update t a = 1
