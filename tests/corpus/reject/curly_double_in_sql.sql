-- expect: ORA-00911 2:13
select 1 as ”x” from dual
