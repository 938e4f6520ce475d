-- expect: ORA-00905 2:34
grant create session to app with grant option
