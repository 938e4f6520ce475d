-- expect: ORA-00911 2:19
select 1 from dual;
