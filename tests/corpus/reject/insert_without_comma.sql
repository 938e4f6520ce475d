-- expect: ORA-00917 2:25
insert into t values (1 2)
