-- expect: ORA-00923 2:15
select 1 form dual
