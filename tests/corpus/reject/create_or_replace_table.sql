-- expect: ORA-00922 2:19
create or replace table t (a number)
