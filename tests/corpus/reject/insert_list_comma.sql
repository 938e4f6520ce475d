-- expect: ORA-00917 2:18
insert into t (a b) values (1, 2)
