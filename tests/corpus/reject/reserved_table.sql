-- expect: ORA-00903 2:15
select * from table
