-- expect: ORA-00940 2:7
alter tabel t add a number
