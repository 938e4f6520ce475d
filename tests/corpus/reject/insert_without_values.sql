-- expect: ORA-00926 2:14
insert into t
