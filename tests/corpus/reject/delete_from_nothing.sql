-- expect: ORA-00903 2:13
delete from where a = 1
