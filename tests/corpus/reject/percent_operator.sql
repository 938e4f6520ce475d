-- expect: ORA-00911 2:10
select 5 % 2 from dual
