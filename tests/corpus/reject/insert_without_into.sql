-- expect: ORA-00925 2:8
insert t values (1)
