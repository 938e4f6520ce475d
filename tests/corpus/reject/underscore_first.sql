-- expect: ORA-00911 2:8
select _a from dual
