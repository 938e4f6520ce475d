-- expect: ORA-00911 2:8
select ‘x’ from dual
