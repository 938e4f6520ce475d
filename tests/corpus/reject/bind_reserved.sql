-- expect: ORA-01745 2:8
select :date from dual
