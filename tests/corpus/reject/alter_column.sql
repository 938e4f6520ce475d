-- expect: ORA-01735 2:15
alter table t alter column a number
