-- expect: ORA-00901 2:8
create tabel t (a number)
