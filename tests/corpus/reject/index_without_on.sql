-- expect: ORA-00969 2:16
create index i orders (a)
