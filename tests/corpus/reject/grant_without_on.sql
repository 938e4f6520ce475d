-- expect: ORA-00969 2:14
grant select to app
