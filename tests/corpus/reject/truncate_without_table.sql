-- expect: ORA-03290 2:10
truncate orders
