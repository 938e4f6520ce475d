-- expect: ORA-00911 2:7
select 1 from dual
