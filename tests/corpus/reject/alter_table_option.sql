-- expect: ORA-01735 2:15
alter table t append a number
