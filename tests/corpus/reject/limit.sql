-- expect: ORA-00933 2:23
select * from t limit 5
