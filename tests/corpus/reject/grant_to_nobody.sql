-- expect: ORA-00987 2:24
grant create session to
