-- expect: ORA-00950 2:6
drop tabel t
