-- expect: ORA-00990 2:7
grant create tabel to app
