-- expect: ORA-00990 2:7
grant connect on t to app
