-- expect: ORA-00904 2:19
alter table t add column a number
